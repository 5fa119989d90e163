/** Sound input, for edits to begin with, and pieces that have broken others. */
import { decode, logs, type LogBatch } from 'seneca-collector'

const TIME = Date.UTC(2026, 10, 23, 9)

const envelope = (n: number, more: object = {}): string =>
  JSON.stringify({
    id: `e${n}`,
    type: 'task.started',
    source: 'marcus_logs',
    timestamp: new Date(TIME + n * 1_000).toISOString(),
    data: { task_id: `t${n % 7}`, agent_id: 'ana', name: `Grüße "${n}"`, nested: { a: [1, 2.5, null, { b: true }] } },
    metadata: { severity: 'info' },
    version: '1.0',
    ...more,
  })

export const envelopes: readonly string[] = Array.from({ length: 12 }, (_, n) => envelope(n))
export const good = (n: number): string => envelope(1_000_000 + n)

export const batchOf = (lines: readonly string[]): LogBatch =>
  decode('logs', 'envelope', Buffer.from(`${lines.join('\n')}\n`))

const requestOf = (format: 'otlp_proto' | 'otlp_json'): Buffer =>
  Buffer.concat(
    logs(
      Array.from({ length: 5 }, (_, n) => ({
        time: BigInt(TIME) * 1_000_000n,
        severity: 9,
        eventName: 'task.started',
        body: { text: `body ${n}`, list: [1, 'two', null, new Uint8Array(3)] },
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        attributes: { 'log.record.uid': `u${n}`, 'marcus.task.id': `t${n}`, n },
      })),
    ).encode(format),
  )
export const requests = { otlp_proto: requestOf('otlp_proto'), otlp_json: requestOf('otlp_json') }

/** Pieces that parsers of JSON and text have fallen over. */
export const oddPieces: readonly (string | Uint8Array)[] = [
  '\u0000',
  '\uFEFF',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  Uint8Array.of(0xed, 0xa0, 0x80),
  Uint8Array.of(0xc0, 0xaf),
  Uint8Array.of(0xf8, 0x88, 0x80, 0x80, 0x80),
  '"a":1,"a":2,',
  '"__proto__":{"x":1},',
  '"constructor":null,',
  '1e999',
  '-0',
  '1.0000000000000000000000000000001e-400',
  '9223372036854775808',
  '123456789012345678901234567890',
  '{"a":',
  '[[[[',
  ']]]]',
  '\\',
  '\\u00',
  '"',
  '\r\n',
  '\n\n\n',
  '\u2028',
  'NaN',
  'null',
  '{"intValue":"x"}',
  '"id":{},',
  '"timestamp":7,',
  '"timestamp":"0000-00-00T99:99:99Z",',
  '"data":[],',
  '"type":null,',
]

/** Lines that are all one idea. */
export const hugeLines: readonly (() => string)[] = [
  () => '['.repeat(200_000),
  () => '{"a":'.repeat(100_000),
  () => `${'['.repeat(5_000)}1${']'.repeat(5_000)}`,
  () => `{"type":"x.y","data":${'{"a":'.repeat(300)}1${'}'.repeat(300)}}`,
  () => `{"id":"h","type":"x.y","data":{"text":"${'x'.repeat(1_500_000)}"}}`,
  () => `{"id":"k","type":"x.y","data":{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":${i}`).join(',')}}}`,
  () => `{"id":"d","type":"x.y","data":{${'"k":1,'.repeat(50_000)}"k":2}}`,
  () => `{"id":"e","type":"x.y","data":{"text":"${'\\u0041'.repeat(100_000)}"}}`,
  () => `{"n":${'9'.repeat(400_000)}}`,
  () => '\u0000'.repeat(300_000),
  () => ','.repeat(300_000),
]
