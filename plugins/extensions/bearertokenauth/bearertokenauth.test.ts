import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { conformance, harness } from 'seneca-collector/testing'
import { clientAuth, serverAuth } from 'seneca-collector/http'
import bearertokenauth from './index.ts'

const auth = { authenticator: 'a' }

const faces = async (options: object) => {
  const test = await harness(bearertokenauth, options)
  const ctx = (await harness(bearertokenauth, options, { extensions: { a: test.component.face } })).ctx
  return { test, server: serverAuth(ctx, auth)!, client: clientAuth(ctx, auth)! }
}

describe('a bearer token', () => {
  it('opens what it was made for, and nothing else does', async () => {
    const { server, client } = await faces({ tokens: ['sesame', 'barley'] })
    expect(client.clientHeaders()).toEqual({ authorization: 'Bearer sesame' })
    expect(server.refusal({ authorization: 'Bearer sesame' })).toBeUndefined()
    expect(server.refusal({ authorization: 'bearer barley' })).toBeUndefined()
    expect(server.refusal({ authorization: 'Bearer sesam' })).toBe('the token is not known here')
    expect(server.refusal({ authorization: 'Basic sesame' })).toMatch(/does not begin with "Bearer"/)
    expect(server.refusal({})).toBe('the header Authorization is missing')
    expect(server.challenge).toBe('Bearer')
  })

  it('may stand in another header, without a scheme', async () => {
    const { server, client } = await faces({ header: 'X-API-Key', scheme: '', token: 'k' })
    expect(client.clientHeaders()).toEqual({ 'x-api-key': 'k' })
    expect(server.refusal({ 'x-api-key': 'k' })).toBeUndefined()
    expect(server.refusal({ authorization: 'Bearer k' })).toBe('the header X-API-Key is missing')
  })

  it('in a file is read anew, and kept when the file cannot be read', async () => {
    const first = await harness(bearertokenauth, { token: 'x' })
    const file = join(first.ctx.dataDirectory, 'tokens')
    writeFileSync(file, 'old\n')
    const { test, server, client } = await faces({ filename: file })
    await test.start()
    writeFileSync(file, 'new\nold\n')
    await test.clock.advance(5_000)
    expect(client.clientHeaders()).toEqual({ authorization: 'Bearer new' })
    expect(server.refusal({ authorization: 'Bearer old' })).toBeUndefined()
    rmSync(file)
    await test.clock.advance(5_000)
    expect(server.refusal({ authorization: 'Bearer new' })).toBeUndefined()
    expect(test.statuses.at(-1)).toMatchObject({ state: 'degraded', reason: expect.stringMatching(/stay as they are/) })
    await test.stop()
    expect(test.clock.pending).toBe(0)
  })

  it('is asked for when there is none, and named once', async () => {
    await expect(harness(bearertokenauth, {})).rejects.toThrow(/needs a token/)
    await expect(harness(bearertokenauth, { token: 'a', tokens: ['b'] })).rejects.toThrow(/gives the token already/)
    await expect(harness(bearertokenauth, { filename: 'nowhere' })).rejects.toThrow(/cannot be read \(ENOENT\)/)
  })

  for (const check of conformance(bearertokenauth, { folder: import.meta.dirname })) it(check.name, check.run)
})
