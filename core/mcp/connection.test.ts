import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { answers, listen, startServer, text } from '../../test/conformance/servers.ts'
import type { TestMcpServer, ToolMaker } from '../../test/conformance/servers.ts'
import { waitFor } from '../../test/setup/wait-for.ts'
import { systemClock } from '../kit/system-clock.ts'
import { connectMcp } from './index.ts'
import type { HttpOptions, McpConnection, McpEvent, McpOptions } from './index.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

const server = async (...args: Parameters<typeof startServer>): Promise<TestMcpServer> => {
  const started = await startServer(...args)
  cleanups.push(() => started.close())
  return started
}

const connect = (options: McpOptions): { readonly mcp: McpConnection; readonly events: McpEvent[] } => {
  const events: McpEvent[] = []
  const mcp = connectMcp(
    { reconnect: { firstMs: 20, mostMs: 60 }, ...options },
    { clock: systemClock, random: () => 0.5, log: quiet, onEvent: (event) => events.push(event) },
  )
  cleanups.push(() => mcp.close())
  return { mcp, events }
}

const http = (started: TestMcpServer, more: Partial<Extract<McpOptions, HttpOptions>> = {}): McpOptions => ({
  ...more,
  transport: 'http',
  endpoint: started.url,
})

const echo: ToolMaker = answers('echo', (args) => ({
  ...text(JSON.stringify(args)),
  structuredContent: { result: args },
}))

describe.each(['legacy', 'modern'] as const)('a %s server', (era) => {
  it('is spoken to in its own protocol, and says who it is', async () => {
    const { mcp, events } = connect(http(await server(era, [echo])))
    await mcp.ready()
    expect(mcp.peer).toMatchObject({ era, transport: 'http', server: { name: 'test-server', version: '1.2.3' } })
    expect(events).toMatchObject([{ kind: 'opened', era }])
  })

  it('answers a tool, marked as an observer’s call', async () => {
    const started = await server(era, [echo])
    const { mcp } = connect(http(started))
    const answer = await mcp.call('echo', { a: 1 })
    expect(answer).toMatchObject({ tool: 'echo', ok: true, value: { a: 1 }, from: 'structured' })
    expect(started.calls[0]?.meta).toMatchObject({ 'seneca-collector/observer': true })
    expect(await mcp.listTools()).toMatchObject([{ name: 'echo' }])
  })

  it('refuses a tool outside the list before anything is sent', async () => {
    const started = await server(era, [echo])
    const { mcp } = connect(http(started, { tools: ['ping'] }))
    await expect(mcp.call('echo')).rejects.toMatchObject({ code: 'rejected' })
    expect(started.calls).toEqual([])
  })

  it('tells of a resource it follows, and reads it', async () => {
    const started = await server(era, [echo])
    const { mcp } = connect(http(started))
    const seen: unknown[] = []
    mcp.onNotification((notification) => seen.push(notification))
    await mcp.ready()
    await mcp.subscribeResource('board://tasks')
    // The stream that carries notifications is opened beside the handshake.
    await waitFor(
      'the stream is open',
      () => era === 'modern' || started.requests.some((request) => request.method === 'GET'),
    )
    await started.resourceUpdated('board://tasks')
    await waitFor('the notification came', () => seen.length > 0)
    expect(seen[0]).toMatchObject({ method: 'notifications/resources/updated', params: { uri: 'board://tasks' } })
    expect(await mcp.readResource('board://tasks')).toMatchObject([{ text: '{"tasks":0}' }])
  })

  it('is lost when it goes and restored when it comes back, with the outage and the gap', async () => {
    const first = await server(era, [echo])
    const { mcp, events } = connect(http(first, { livenessMs: 20 }))
    await mcp.call('echo')
    await first.close()
    await waitFor('the loss was seen', () => events.some((event) => event.kind === 'lost'))
    await expect(mcp.call('echo')).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await server(era, [echo], { port: first.port })
    await waitFor('it is back', () => events.some((event) => event.kind === 'restored'))
    expect((await mcp.call('echo', { b: 2 })).value).toEqual({ b: 2 })
    const lost = events.find((event) => event.kind === 'lost')
    const restored = events.find((event) => event.kind === 'restored')
    expect(lost).toMatchObject({ reason: expect.stringContaining('cannot be reached') })
    expect(restored?.gap.from).toBe(lost?.lastSeen)
    expect(restored?.outageSeconds).toBeGreaterThan(0)
    expect(mcp.counts.reconnects).toBe(1)
  })
})

describe('sessions', () => {
  it('are opened anew when the server has forgotten one, and the call is asked again', async () => {
    const started = await server('legacy', [echo])
    const { mcp, events } = connect(http(started))
    await mcp.call('echo')
    started.forget()
    expect((await mcp.call('echo', { again: true })).value).toEqual({ again: true })
    expect(events.map((event) => event.kind)).toEqual(['opened', 'lost', 'restored'])
    expect(started.sessions()).toBe(1)
  })

  it('are ended at the server on close', async () => {
    const started = await server('legacy', [echo])
    const { mcp } = connect(http(started))
    await mcp.call('echo')
    await mcp.close()
    expect(started.sessions()).toBe(0)
    expect(mcp.state).toBe('closed')
    await expect(mcp.call('echo')).rejects.toMatchObject({ code: 'stopping' })
  })

  it('carry headers and a bearer token, and a wrong one is told in words', async () => {
    const started = await server('legacy', [echo], { token: 'sesame' })
    const { mcp } = connect(
      http(started, { headers: { 'x-team': 'blue' }, auth: { kind: 'bearer', token: () => 'sesame' } }),
    )
    expect((await mcp.call('echo')).ok).toBe(true)
    expect(started.requests.at(-1)?.headers['x-team']).toBe('blue')
    const wrong = connect(http(started))
    await waitFor('it was refused', () => wrong.events.length > 0)
    expect(wrong.events[0]).toMatchObject({ kind: 'failed', reason: expect.stringContaining('HTTP 401') })
  })
})

describe('TLS', () => {
  const folder = new URL('../../test/fixtures/tls', import.meta.url).pathname
  const pem = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8')

  it.each(['legacy', 'modern'] as const)(
    'with an authority of one’s own reaches a %s server, its stream included',
    async (era) => {
      const started = await server(era, [echo], { tls: { key: pem('server.key'), cert: pem('server.pem') } })
      const tls = { ca: [pem('ca.pem')], servername: 'collector.test' }
      const { mcp } = connect(http(started, { tls }))
      const seen: unknown[] = []
      mcp.onNotification((notification) => seen.push(notification))
      expect((await mcp.call('echo', { a: 1 })).value).toEqual({ a: 1 })
      await mcp.subscribeResource('board://tasks')
      await waitFor(
        'the stream is open',
        () => era === 'modern' || started.requests.some((request) => request.method === 'GET'),
      )
      await started.resourceUpdated('board://tasks')
      await waitFor('the notification', () => seen.length > 0)
      await mcp.close()
      expect(started.sessions()).toBe(0)
    },
  )

  it('without it refuses, in words', async () => {
    const started = await server('legacy', [echo], { tls: { key: pem('server.key'), cert: pem('server.pem') } })
    const { events } = connect(http(started, { tls: {} }))
    await waitFor('it failed', () => events.length > 0)
    expect(events[0]).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/certificate/) })
  })
})

describe('answers', () => {
  it('that are too long are refused at once, streamed or not', async () => {
    for (const json of [false, true]) {
      const started = await server('legacy', [answers('huge', () => text('x'.repeat(300_000))), echo], { json })
      const { mcp } = connect(http(started, { maxResponseBytes: 100_000 }))
      await expect(mcp.call('huge')).rejects.toMatchObject({ code: 'too_large', retryable: false })
      expect(mcp.counts.tooLarge).toBe(1)
      expect((await mcp.call('echo', { alive: true })).value).toEqual({ alive: true })
    }
  })

  it('that do not come in time are a timeout; the server may just be slow', async () => {
    const started = await server('legacy', [answers('slow', () => new Promise(() => undefined)), echo])
    const { mcp, events } = connect(http(started, { timeoutMs: 500 }))
    await mcp.ready()
    for (const _ of [1, 2, 3])
      await expect(mcp.call('slow')).rejects.toMatchObject({ code: 'timeout', retryable: true })
    expect((await mcp.call('echo', {}, { timeoutMs: 10_000 })).ok).toBe(true)
    expect(events.map((event) => event.kind)).toEqual(['opened'])
    expect(mcp.counts.timeouts).toBe(3)
  })

  it('of a process that stands still never come: two in a row are a loss', async () => {
    const started = await server('legacy', [echo])
    const { mcp, events } = connect(http(started, { timeoutMs: 150 }))
    await mcp.call('echo', {}, { timeoutMs: 10_000 })
    started.freeze()
    for (const _ of [1, 2]) await expect(mcp.call('echo')).rejects.toMatchObject({ code: 'timeout' })
    await waitFor('it counts as lost', () => events.some((event) => event.kind === 'lost'))
  })

  it('of an unknown tool are the server’s refusal', async () => {
    const { mcp } = connect(http(await server('legacy', [echo])))
    expect(await mcp.call('nothing')).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining('nothing') },
    })
  })

  it('are waited for until the caller gives up', async () => {
    const { mcp } = connect(http(await server('legacy', [answers('slow', () => new Promise(() => undefined))])))
    await mcp.ready()
    const giveUp = new AbortController()
    const asked = mcp.call('slow', {}, { signal: giveUp.signal })
    giveUp.abort()
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' })
  })
})

describe('closing', () => {
  it('is clean at any moment of connecting', async () => {
    const started = await server('legacy', [echo])
    for (let turns = 0; turns < 30; turns++) {
      const { mcp, events } = connect(http(started))
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
      await mcp.close()
      expect(mcp.state).toBe('closed')
      expect(events.filter((event) => event.kind !== 'opened')).toEqual([])
    }
  })
})

describe('a peer that is not there', () => {
  it('is tried again with growing pauses, each told', async () => {
    const nobody = await listen(() => undefined)
    await nobody.close()
    const { mcp, events } = connect({ transport: 'http', endpoint: `${nobody.url}/mcp` })
    await waitFor('three attempts failed', () => events.length >= 3)
    expect(events.slice(0, 3)).toMatchObject([
      { kind: 'failed', attempt: 1, retryInMs: 12, reason: expect.stringContaining('ECONNREFUSED') },
      { kind: 'failed', attempt: 2, retryInMs: 24 },
      { kind: 'failed', attempt: 3, retryInMs: 36 },
    ])
    expect(['waiting', 'connecting']).toContain(mcp.state)
  })
})
