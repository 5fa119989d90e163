/** Servers of 2025 over HTTP that go wrong in one call: each is an error at once, in words, and the next call works. */
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { listen } from '../../test/conformance/servers.ts'
import { systemClock } from '../kit/system-clock.ts'
import { connectMcp } from './index.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

type Misbehave = (response: ServerResponse, id: number) => void

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly name?: string }
}

const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'mcp-session-id': 's1' }).end(JSON.stringify(value))
}
const events = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' })
const result = (id: unknown, value: unknown): unknown => ({ jsonrpc: '2.0', id, result: value })
const good = { content: [{ type: 'text', text: '"fine"' }] }

const server = async (misbehave: Misbehave): Promise<string> => {
  const started = await listen((incoming, outgoing) => {
    if (incoming.method !== 'POST') {
      outgoing.writeHead(405).end()
      return
    }
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as Message
      if (method === 'initialize')
        json(
          outgoing,
          result(id, {
            protocolVersion: '2025-06-18',
            capabilities: { tools: {} },
            serverInfo: { name: 'odd', version: '1' },
          }),
        )
      else if (method === 'tools/call' && params?.name === 'odd') misbehave(outgoing, id ?? 0)
      else if (method === 'tools/call') json(outgoing, result(id, good))
      else if (id === undefined) outgoing.writeHead(202).end()
      else
        json(
          outgoing,
          { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } },
          method === 'server/discover' ? 400 : 200,
        )
    })
  })
  cleanups.push(started.close)
  return `${started.url}/mcp`
}

const ask = async (misbehave: Misbehave) => {
  const mcp = connectMcp(
    {
      transport: 'http',
      endpoint: await server(misbehave),
      // No error below is one of time.
      timeoutMs: 3_600_000,
      maxResponseBytes: 100_000,
      livenessMs: 0,
    },
    { clock: systemClock, random: () => 0.5, log: quiet },
  )
  cleanups.push(() => mcp.close())
  await mcp.ready()
  const outcome = await mcp.call('odd').catch((error: unknown) => error)
  const again = await mcp.call('fine')
  return { outcome, again, counts: mcp.counts }
}

describe('an answer that is', () => {
  it.each<[string, object, Misbehave]>([
    [
      'no JSON',
      { code: 'invalid_data' },
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"half": '),
    ],
    ['JSON and no message', { code: 'invalid_data' }, (response) => json(response, { hello: 'there' })],
    [
      'no result of a tool',
      { code: 'invalid_data' },
      (response, id) => json(response, result(id, { content: 'a text where a list belongs' })),
    ],
    [
      'a web page',
      { code: 'unavailable' },
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    ],
    [
      'a server error',
      { code: 'unavailable', retryable: true, message: expect.stringContaining('HTTP 500: oops') },
      (response) => response.writeHead(500).end('oops'),
    ],
    ['too many requests', { code: 'unavailable', retryable: true }, (response) => response.writeHead(429).end()],
    ['forbidden', { code: 'unauthenticated', retryable: false }, (response) => response.writeHead(403).end()],
    [
      'an empty stream',
      { code: 'unavailable', retryable: true, message: expect.stringContaining('ended without the answer') },
      (response) => events(response).end(),
    ],
    [
      'a stream with nonsense in it',
      { code: 'unavailable', message: expect.stringContaining('ended without the answer') },
      (response) => events(response).end('data: {"half":\n\ndata: 17\n\n'),
    ],
    [
      'cut off in the middle',
      { code: 'unavailable', retryable: true },
      (response) => {
        events(response).write('data: {"jsonrpc":"2.0",')
        setImmediate(() => response.destroy())
      },
    ],
    [
      'one endless event',
      { code: 'too_large' },
      (response) => events(response).end(`data: ${'x'.repeat(200_000)}\n\n`),
    ],
    [
      'one endless line',
      { code: 'too_large' },
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('x'.repeat(200_000)),
    ],
  ])('%s', async (_, expected, misbehave) => {
    const { outcome, again } = await ask(misbehave)
    expect(outcome).toMatchObject(expected)
    expect(again).toMatchObject({ ok: true, value: 'fine' })
  })

  it('many small events long is taken: the bound is for one', async () => {
    const { outcome } = await ask((response, id) => {
      events(response)
      for (let i = 0; i < 50; i++) response.write(`: keep-alive ${'x'.repeat(10_000)}\r\n\r\n`)
      response.end(`data: ${JSON.stringify(result(id, good))}\n\n`)
    })
    expect(outcome).toMatchObject({ ok: true, value: 'fine' })
  })

  it('for somebody else, first, does no harm', async () => {
    const { outcome } = await ask((response, id) => {
      events(response).write(`data: ${JSON.stringify(result(id + 1_000, good))}\n\n`)
      response.end(`data: ${JSON.stringify(result(id, good))}\n\n`)
    })
    expect(outcome).toMatchObject({ ok: true })
  })

  it('a JSON-RPC error is the server’s refusal, with its code', async () => {
    const { outcome } = await ask((response, id) =>
      json(response, { jsonrpc: '2.0', id, error: { code: -32_602, message: 'Unknown tool: odd' } }),
    )
    expect(outcome).toMatchObject({
      ok: false,
      failure: { shape: 'protocol', message: 'Unknown tool: odd', code: '-32602' },
    })
  })
})
