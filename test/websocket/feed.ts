/** What the tests of the feed share: a feed on a port of its own, and clients that remember what they heard. */
import { request as httpRequest } from 'node:http'
import { connect as tcpConnect } from 'node:net'
import { afterEach } from 'vitest'
import { decode } from 'seneca-collector'
import type { Batch } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import type { Harness, HarnessEnvironment } from 'seneca-collector/testing'
import { WebSocket as WsClient } from 'ws'
import websocket from '../../plugins/exporters/websocket/index.ts'

export const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

export interface Feed extends Harness {
  readonly url: string
  emit(...types: string[]): Promise<void>
}

export interface Details {
  readonly url: string
  readonly seq: number
  readonly oldest: number
  readonly clients: readonly { readonly lag: number }[]
}
export const details = (feed: Harness): Details => feed.inspect() as Details

export const events = (types: readonly string[], padding = 0): Batch => {
  const lines = types.map((type, index) =>
    JSON.stringify({
      id: `${type}-${index}`,
      type,
      source: 'test',
      timestamp: '2026-11-23T20:00:00Z',
      data: { agent_id: `agent-${index}`, note: 'x'.repeat(padding) },
      metadata: { severity: index % 2 === 0 ? 'info' : 'critical' },
      version: '1',
    }),
  )
  return decode('logs', 'envelope', Buffer.from(`${lines.join('\n')}\n`))
}

export const open = async (options: object = {}, env: HarnessEnvironment = {}): Promise<Feed> => {
  const started = await harness(websocket, { endpoint: 'localhost:0', ...options }, env)
  await started.start()
  cleanups.push(() => started.stop())
  return Object.assign(started, {
    url: details(started).url,
    emit: (...types: string[]) => started.consume(events(types)),
  })
}

export type Message = Readonly<Record<string, unknown>> & { readonly seq?: number; readonly type: string }

export const client = async (url: string, options: WsClient.ClientOptions = {}) => {
  const socket = new WsClient(url, options)
  const messages: Message[] = []
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  socket.on('message', (data) => messages.push(JSON.parse((data as Buffer).toString()) as Message))
  socket.on('error', () => undefined)
  cleanups.push(() => socket.terminate())
  const said = new Promise<void>((resolve) => socket.once('message', () => resolve()))
  await Promise.race([said, closed, new Promise((resolve) => socket.once('unexpected-response', resolve))])
  return {
    socket,
    messages,
    closed,
    types: () => messages.map((one) => one.type),
    events: () => messages.filter((one) => 'timestamp' in one),
  }
}

export const status = (url: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    const asked = httpRequest(url.replace('ws:', 'http:'), { headers: { ...upgrade, ...headers } })
    asked.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.once('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response.statusCode ?? 0)
    })
    asked.once('error', reject)
    asked.end()
  })

/** A client that reads its handshake and then nothing more. */
export const stuck = async (url: string) => {
  const { hostname, port } = new URL(url)
  const socket = tcpConnect(Number(port), hostname)
  cleanups.push(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(
    `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  )
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  return socket
}
