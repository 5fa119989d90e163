import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../kit/system-clock.ts'
import { waitFor } from '../../test/setup/wait-for.ts'
import { connectMcp } from './index.ts'
import type { McpConnection, McpEvent } from './index.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const script = new URL('../../test/conformance/stdio-server.mts', import.meta.url).pathname

const connect = (
  onProbe: string,
  command = process.execPath,
): { readonly mcp: McpConnection; readonly events: McpEvent[] } => {
  const events: McpEvent[] = []
  const mcp = connectMcp(
    {
      transport: 'stdio',
      command,
      args: [script, onProbe],
      reconnect: { firstMs: 10, mostMs: 20 },
      maxResponseBytes: 100_000,
    },
    { clock: systemClock, random: () => 0.5, log: quiet, onEvent: (event) => events.push(event) },
  )
  cleanups.push(() => mcp.close())
  return { mcp, events }
}

describe('a stdio server', () => {
  it('may print between its frames: what is no message is skipped and counted', async () => {
    const { mcp } = connect('error')
    expect((await mcp.call('status')).value).toMatchObject({ success: true })
    expect(mcp.counts).toMatchObject({ skippedLines: 3, malformed: 1 })
    expect(mcp.peer).toMatchObject({ transport: 'stdio', era: 'legacy', server: { name: 'stdio-test' } })
  })

  it('that ends at the unknown probe is started again with the old handshake', async () => {
    const { mcp, events } = connect('exit')
    expect((await mcp.call('status')).ok).toBe(true)
    expect(events.map((event) => event.kind)).toEqual(['opened'])
  })

  it('that ignores the unknown probe is a server of 2025', async () => {
    const { mcp } = connect('silent')
    expect((await mcp.call('status')).ok).toBe(true)
  })

  it('that gives too long an answer fails that call at once and goes on', async () => {
    const { mcp } = connect('error')
    await expect(mcp.call('huge')).rejects.toMatchObject({ code: 'too_large' })
    expect((await mcp.call('status')).ok).toBe(true)
  })

  it('that dies is started again; the reason has its last words', async () => {
    const { mcp, events } = connect('error')
    const first = (await mcp.call('status')).value as { readonly pid: number }
    await expect(mcp.call('die')).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await waitFor('it is back', () => events.some((event) => event.kind === 'restored'))
    expect(events[1]).toMatchObject({ kind: 'lost', reason: expect.stringContaining('out of luck') })
    expect((await mcp.call('status')).value).not.toMatchObject({ pid: first.pid })
  })

  it('that does not exist is told in words', async () => {
    const { events } = connect('error', '/nowhere/marcus')
    await waitFor('it failed', () => events.length > 0)
    expect(events[0]).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('"/nowhere/marcus" (or its folder) was not found'),
    })
  })

  it('is ended with the connection', async () => {
    const { mcp } = connect('error')
    const { pid } = (await mcp.call('status')).value as { readonly pid: number }
    await mcp.close()
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
  })
})
