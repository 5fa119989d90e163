import { hash } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { conformance, harness } from 'seneca-collector/testing'
import type { ClientAuthenticator, ServerAuthenticator } from 'seneca-collector/http'
import { apr1 } from './apr1.ts'
import { readHtpasswd } from './htpasswd.ts'
import basicauth from './index.ts'

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})

const server = async (inline: string): Promise<ServerAuthenticator> =>
  (await harness(basicauth, { htpasswd: { inline } })).component.face as ServerAuthenticator

describe('basicauth', () => {
  it('lets in who knows the password, whatever its hash', async () => {
    const guard = await server(
      [
        '# users',
        `bea:${await hash('open sesame', 4)}`,
        'ana:$apr1$abcdefgh$T64oOxnD8c28.dQa.2Lty1',
        'plain:open sesame',
      ].join('\n'),
    )
    for (const name of ['ana', 'bea', 'plain']) {
      expect(await guard.refusal(basic(name, 'open sesame')), name).toBeUndefined()
      expect(await guard.refusal(basic(name, 'Open sesame')), name).toBe('the name or the password is wrong')
    }
    expect(await guard.refusal(basic('zoe', 'open sesame'))).toBe('the name or the password is wrong')
    expect(await guard.refusal({})).toMatch(/holds no name and password/)
    expect(await guard.refusal({ authorization: 'Basic !' })).toMatch(/holds no name and password/)
  })

  it('knows the hashes of {SHA} and {SSHA}', async () => {
    const { createHash } = await import('node:crypto')
    const sha = createHash('sha1').update('pw').digest('base64')
    const ssha = Buffer.concat([createHash('sha1').update('pw').update('salt').digest(), Buffer.from('salt')])
    const guard = await server(`a:{SHA}${sha}\nb:{SSHA}${ssha.toString('base64')}`)
    for (const name of ['a', 'b']) {
      expect(guard.refusal(basic(name, 'pw')), name).toBeUndefined()
      expect(guard.refusal(basic(name, 'wp')), name).toBe('the name or the password is wrong')
    }
  })

  it('pays for bcrypt once per client, off the event loop', async () => {
    const guard = await server(`bea:${await hash('pw', 4)}`)
    expect(guard.refusal(basic('bea', 'pw'))).toBeInstanceOf(Promise)
    expect(await guard.refusal(basic('bea', 'pw'))).toBeUndefined()
    expect(guard.refusal(basic('bea', 'pw'))).toBeUndefined()
    expect(guard.refusal(basic('bea', 'no'))).toBeInstanceOf(Promise)
  })

  it('shows a client’s own', async () => {
    const test = await harness(basicauth, { client_auth: { username: 'ana', password: 'pä' } })
    const client = test.component.face as ClientAuthenticator
    expect(client.clientHeaders()).toEqual(basic('ana', 'pä'))
  })

  it('computes what openssl passwd -apr1 does', () => {
    expect(apr1('open sesame', 'abcdefgh')).toBe('$apr1$abcdefgh$T64oOxnD8c28.dQa.2Lty1')
    expect(apr1('a much longer password than sixteen bytes', 'x')).toBe('$apr1$x$eVg/QpGhpgNiDA46nGsav0')
  })

  it('refuses what it cannot check, by line', async () => {
    expect(readHtpasswd('a:b\n\nnonsense\nc:$5$salt$hash')).toMatchObject([
      { entry: { name: 'a', scheme: 'plain' } },
      { problem: 'line 3 is not name:hash' },
      { problem: expect.stringMatching(/line 4 holds a hash of an unknown form; write it with htpasswd -B/) },
    ])
    await expect(server('a:{MD5}x')).rejects.toThrow(/htpasswd: line 1 holds/)
    await expect(harness(basicauth, {})).rejects.toThrow(/needs htpasswd/)
    await expect(harness(basicauth, { htpasswd: { file: 'nowhere' } })).rejects.toThrow(/ENOENT/)
  })

  for (const check of conformance(basicauth, { folder: import.meta.dirname })) it(check.name, check.run)
})
