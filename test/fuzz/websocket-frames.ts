/**
 * What no WebSocket client should send, on a bare socket: broken upgrades, frames of wrong lengths, masks, opcodes and texts,
 * fragments without end, floods of pings, peers that never read. A sound client gets the next event after each.
 */
import assert from 'node:assert/strict'
import { systemClock } from 'seneca-collector'
import { WebSocket } from 'ws'
import { startFuzzed } from './collector.ts'
import type { Dice } from './dice.ts'
import { defineFuzzer } from './fuzzer.ts'
import { oddPieces, requests } from './samples.ts'
import { addressOf, leave, openPeer, writeInPieces } from './sockets.ts'

const WAIT_MS = 20
const EVENT_MS_MAX = 10_000

const upgradeOf = (dice: Dice): Buffer => {
  const path = dice.chance(0.7)
    ? '/'
    : dice.pick(['//', '/?from=x', '/?filter=%', '/?subscribe=', 'http://[', '*', '/%ff', '/?from=1e99'])
  const head = `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${dice.chance(0.3) ? 'sec-websocket-extensions: permessage-deflate\r\n' : ''}\r\n`
  return dice.chance(0.2) ? dice.broken(Buffer.from(head), ['\r\n', '\n\n', ':', 'host: a\r\n']) : Buffer.from(head)
}

interface FrameOptions {
  readonly opcode: number
  readonly payload: Buffer
  readonly fin?: boolean
  readonly masked?: boolean
  readonly rsv?: number
  /** Said instead of the true one. */
  readonly length?: bigint
}

const frameOf = ({ opcode, payload, fin = true, masked = true, rsv = 0, length }: FrameOptions): Buffer => {
  const said = length ?? BigInt(payload.length)
  const head = Buffer.alloc(said < 126n ? 2 : said < 65_536n ? 4 : 10)
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = (masked ? 0x80 : 0) | (said < 126n ? Number(said) : said < 65_536n ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(Number(said), 2)
  if (head.length === 10) head.writeBigUInt64BE(said, 2)
  const mask = Buffer.from([1, 2, 3, 4])
  const body = masked ? Buffer.from(payload.map((byte, i) => byte ^ mask[i % 4]!)) : payload
  return Buffer.concat(masked ? [head, mask, body] : [head, body])
}

const messages = [
  '{"subscribe":["task.*"],"from":0}',
  '{"subscribe":["task.*"],"filter":"event.type == \\"x\\""}',
  '{"unsubscribe":true}',
  '{"auth":"token"}',
  '{"subscribe":[]}',
  '{"from":-1}',
  '[[[[',
  '{"subscribe":["a.*"],"filter":"((((((((("}',
]

const kinds: readonly ((dice: Dice) => Buffer[])[] = [
  (dice) => [frameOf({ opcode: 1, payload: dice.broken(Buffer.from(dice.pick(messages)), oddPieces) })],
  (dice) => [frameOf({ opcode: 1, payload: Buffer.from(dice.pick(messages)) })],
  (dice) => [
    frameOf({ opcode: dice.int(16), payload: dice.bytes(dice.int(200)), fin: dice.chance(0.5), rsv: dice.int(8) }),
  ],
  (dice) => [frameOf({ opcode: 1, payload: dice.bytes(20), masked: false })],
  (dice) => [
    frameOf({ opcode: 1, payload: dice.bytes(50), length: dice.pick([2n ** 63n, 2n ** 32n, 70_000n, 126n, 10n]) }),
  ],
  (dice) => [frameOf({ opcode: 1, payload: Buffer.alloc(100_000, dice.int(256)) })],
  (dice) => Array.from({ length: 2_000 }, () => frameOf({ opcode: 9, payload: dice.bytes(dice.int(125)) })),
  () =>
    Array.from({ length: 5_000 }, (_, i) =>
      frameOf({ opcode: i === 0 ? 1 : 0, payload: Buffer.from(' '), fin: false }),
    ),
  (dice) => [frameOf({ opcode: 8, payload: dice.bytes(dice.pick([0, 1, 2, 50])) })],
  () => Array.from({ length: 500 }, () => frameOf({ opcode: 1, payload: Buffer.from(messages[0]!) })),
  (dice) => [frameOf({ opcode: 1, payload: dice.bytes(50), rsv: 4 })],
]

const CONFIG = {
  receivers: { otlp: { protocols: { http: { endpoint: 'localhost:0' } } } },
  exporters: { websocket: { endpoint: 'localhost:0', history: { events: 100 }, client_queue: { events: 50 } } },
  service: { pipelines: { logs: { receivers: ['otlp'], exporters: ['websocket'] } } },
}

const listening = async (client: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    client.once('open', () => resolve())
    client.once('error', reject)
  })

export default defineFuzzer({
  name: 'websocket-frames',
  promise: 'frames that no client should send end their own connection at most; the others get the next event',
  rounds: 40,
  async open(folder) {
    const fuzzed = await startFuzzed(CONFIG, folder)
    const { url } = await fuzzed.inspect<{ readonly url: string }>('exporter/websocket')
    const { http } = await fuzzed.inspect<{ readonly http: string }>('receiver/otlp')
    const client = new WebSocket(url)
    let events = 0
    let wake = (): void => {}
    client.on('message', (data: Buffer) => {
      if (!data.toString().includes('"timestamp"')) return
      events++
      wake()
    })
    await listening(client)
    const nextEvent = async (): Promise<void> => {
      const before = events
      const sent = await fetch(`http://${http}/v1/logs`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: requests.otlp_proto,
      })
      await sent.arrayBuffer()
      assert.equal(sent.status, 200)
      const end = performance.now() + EVENT_MS_MAX
      while (events === before && performance.now() < end)
        await new Promise<void>((resolve) => {
          wake = resolve
          systemClock.after(100, resolve)
        })
      assert.ok(events > before, 'a sound client got no event')
    }
    return {
      async round(dice) {
        const peer = await openPeer(addressOf(new URL(url).host))
        if (dice.chance(0.2)) peer.socket.pause()
        peer.socket.write(upgradeOf(dice))
        const frames = Array.from({ length: dice.int(4) }, () => dice.pick(kinds)(dice)).flat()
        const bytes = Buffer.concat(frames)
        await writeInPieces(dice, peer, dice.chance(0.2) ? dice.broken(bytes) : bytes)
        await leave(dice, peer, WAIT_MS)
        await nextEvent()
        assert.equal(client.readyState, client.OPEN, 'a sound client was thrown out')
        fuzzed.check()
      },
      async close() {
        client.terminate()
        await fuzzed.close()
      },
    }
  },
})
