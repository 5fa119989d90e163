/**
 * Requests no sender should make, at the otlp receiver's HTTP and gRPC ports: broken heads, lengths and chunks, wrong
 * encodings, bombs, truncated streams, broken protobuf and JSON, broken frames. Every refusal is counted by reason; a sound
 * request passes after each.
 */
import assert from 'node:assert/strict'
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { startFuzzed, type Fuzzed } from './collector.ts'
import type { Dice } from './dice.ts'
import { defineFuzzer } from './fuzzer.ts'
import { hugeLines, oddPieces, requests } from './samples.ts'
import { addressOf, leave, openPeer, writeInPieces } from './sockets.ts'

const WAIT_MS = 25
const BODY_BYTES_MAX = 256 * 1024
const BOMB_BYTES = 32 * 1024 * 1024

const codecs = { gzip: gzipSync, zstd: zstdCompressSync, deflate: deflateSync, raw: deflateRawSync } as const
type Coding = keyof typeof codecs
const codings = Object.keys(codecs) as Coding[]
const bombs = new Map(codings.map((coding) => [coding, codecs[coding](Buffer.alloc(BOMB_BYTES))]))

const odd = ['x'.repeat(20_000), '\u0000', '-1', '1e9', '0x10', '99999999999999999999', ' ', ',', 'a, b', '\t;q=0', 'é']
const paths = [
  '/v1/logs',
  '/v1/metrics',
  '/v1/traces',
  '/',
  '//',
  '*',
  'http://x/v1/logs',
  '/v1/logs?a=b',
  '/%00',
  '/..%2f',
]
const names = [
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'host',
  'expect',
  'connection',
  'origin',
  'upgrade',
  'x',
]

interface Request {
  readonly type: string
  readonly coding: string | undefined
  readonly body: Buffer
}

const bodyOf = (dice: Dice): Request => {
  const json = dice.chance(0.5)
  const type = json ? 'application/json' : 'application/x-protobuf'
  const sound = json ? requests.otlp_json : requests.otlp_proto
  const plain = dice.chance(0.03) ? Buffer.from(dice.pick(hugeLines)()) : dice.broken(sound, oddPieces)
  if (dice.chance(0.5)) return { type, coding: undefined, body: plain }
  const coding = dice.pick(codings)
  const whole = dice.chance(0.1) ? bombs.get(coding)! : codecs[coding](plain)
  const name = coding === 'raw' ? 'deflate' : dice.chance(0.1) ? dice.pick(['br', 'snappy', 'gzip, gzip', 'x']) : coding
  return { type, coding: name, body: dice.chance(0.3) ? dice.broken(whole) : whole }
}

const chunked = (dice: Dice, body: Buffer): Buffer => {
  const at = dice.int(body.length + 1)
  const chunk = (bytes: Buffer): Buffer[] => [
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ]
  const whole = Buffer.concat([...chunk(body.subarray(0, at)), ...chunk(body.subarray(at)), Buffer.from('0\r\n\r\n')])
  return dice.chance(0.4) ? dice.broken(whole, ['ffffffff\r\n', '-1\r\n', '0\r\n', ';x=y', '\n']) : whole
}

const requestOf = (dice: Dice): Buffer => {
  const { type, coding, body } = bodyOf(dice)
  const inChunks = dice.chance(0.3)
  const length = dice.chance(0.1) ? dice.pick(odd) : String(body.length + (dice.chance(0.1) ? dice.int(100) - 50 : 0))
  const head = [
    `${dice.chance(0.9) ? 'POST' : dice.pick(['GET', 'OPTIONS', 'PRI', 'P\u0000', ''])} ${dice.chance(0.8) ? '/v1/logs' : dice.pick(paths)} HTTP/1.${dice.chance(0.95) ? 1 : dice.pick(['0', '2', 'x'])}`,
    'host: localhost',
    `content-type: ${type}`,
    ...(coding === undefined ? [] : [`content-encoding: ${coding}`]),
    inChunks ? 'transfer-encoding: chunked' : `content-length: ${length}`,
    ...(dice.chance(0.2) ? [`${dice.pick(names)}${dice.pick([':', ': ', ' :', ''])}${dice.pick(odd)}`] : []),
  ].join('\r\n')
  const bytes = Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), inChunks ? chunked(dice, body) : body])
  return dice.chance(0.15) ? dice.broken(bytes, ['\r\n\r\n', '\n', '\r', ' ', ':']) : bytes
}

const frame = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.set([type, flags], 3)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** HTTP/2: a sound preface, then frames of any kind, some of them what a gRPC client sends. */
const framesOf = (dice: Dice): Buffer => {
  const hpack = Buffer.concat(
    [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', '/opentelemetry.proto.collector.logs.v1.LogsService/Export'],
      [':authority', 'x'],
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
      ...(dice.chance(0.2) ? [['grpc-encoding', dice.pick(['gzip', 'zstd', 'x'])]] : []),
    ].flatMap(([name, value]) =>
      [name!, value!].map((text, i) =>
        Buffer.concat([Buffer.from(i === 0 ? [0, text.length] : [text.length]), Buffer.from(text)]),
      ),
    ),
  )
  const message = dice.broken(requests.otlp_proto)
  const prefix = Buffer.from([dice.int(3), 0, 0, 0, 0])
  prefix.writeUInt32BE(dice.chance(0.8) ? message.length : dice.int(2 ** 31), 1)
  const call = [
    frame(1, 4, 1, dice.chance(0.3) ? dice.broken(hpack) : hpack),
    frame(0, 1, 1, Buffer.concat([prefix, message])),
  ]
  const noise = (): Buffer =>
    frame(
      dice.int(12),
      dice.int(256),
      dice.pick([0, 1, 2, 3, 2 ** 31 - 1]),
      dice.bytes(dice.pick([0, 4, 5, 8, dice.int(300)])),
    )
  const flood = dice.chance(0.05) ? Array.from({ length: 3_000 }, () => frame(6, 0, 0, Buffer.alloc(8))) : []
  const rest = Array.from({ length: dice.int(6) }, () => (dice.chance(0.5) ? noise() : dice.pick(call)))
  const whole = Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(4, 0, 0, Buffer.alloc(0)),
    ...call,
    ...flood,
    ...rest,
  ])
  return dice.chance(0.3) ? dice.broken(whole) : whole
}

interface Places {
  readonly http: string
  readonly grpc: string
  readonly refused_requests: Readonly<Record<string, number>>
}

const CONFIG = {
  receivers: {
    otlp: {
      protocols: {
        http: { endpoint: 'localhost:0', max_request_body_size: BODY_BYTES_MAX },
        grpc: { endpoint: 'localhost:0', max_recv_msg_size_mib: 1 },
      },
    },
  },
  exporters: { file: { path: '/dev/null', format: 'otlp_json' } },
  service: { pipelines: { logs: { receivers: ['otlp'], exporters: ['file'] } } },
}

const sound = async (places: Places): Promise<void> => {
  const answer = await fetch(`http://${places.http}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: requests.otlp_proto,
  })
  await answer.arrayBuffer()
  assert.equal(answer.status, 200, 'a sound request')
}

const refusedBy = async (fuzzed: Fuzzed): Promise<number> => {
  const { refused_requests: counts } = await fuzzed.inspect<Places>('receiver/otlp')
  return Object.values(counts).reduce((a, b) => a + b, 0)
}

export default defineFuzzer({
  name: 'http-requests',
  promise: 'requests and frames that no sender should make are refused, counted, and cost the next one nothing',
  rounds: 60,
  async open(folder) {
    const fuzzed = await startFuzzed(CONFIG, folder)
    const places = await fuzzed.inspect<Places>('receiver/otlp')
    return {
      async round(dice) {
        const before = await refusedBy(fuzzed)
        const isGrpc = dice.chance(0.3)
        const peer = await openPeer(addressOf(isGrpc ? places.grpc : places.http))
        await writeInPieces(dice, peer, isGrpc ? framesOf(dice) : requestOf(dice))
        await leave(dice, peer, WAIT_MS)
        const status = /^HTTP\/1\.1 ([45]\d\d) /.exec(peer.said().toString('latin1'))?.[1]
        if (status !== undefined)
          assert.ok((await refusedBy(fuzzed)) > before, `an answer of ${status} was not counted`)
        await sound(places)
        fuzzed.check()
      },
      close: () => fuzzed.close(),
    }
  },
})
