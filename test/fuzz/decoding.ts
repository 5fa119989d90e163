/** Bytes of every format, broken: `decode` refuses them in words, or gives records that every format can say. */
import assert from 'node:assert/strict'
import { CollectorError, decode, metrics, spans, type Batch, type LogBatch, type Signal } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import { createSchemas } from 'seneca-collector/schemas'
import validate from '../../plugins/processors/validate/index.ts'
import type { Dice } from './dice.ts'
import { defineFuzzer } from './fuzzer.ts'
import { batchOf, envelopes, hugeLines, oddPieces, requests } from './samples.ts'

type Format = 'otlp_proto' | 'otlp_json' | 'envelope' | 'json' | 'text' | 'stored'
interface Sound {
  readonly signal: Signal
  readonly format: Format
  readonly bytes: Buffer
}

const logBatch = batchOf(envelopes)
const spanBatch = spans([
  {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'work',
    attributes: { a: [1, 'b'] },
  },
])
const metricBatch = metrics([
  { name: 'm', type: 'sum', dataPoints: [{ value: 1, attributes: { a: 1 } }] },
  {
    name: 'h',
    type: 'histogram',
    dataPoints: [{ bucketCounts: [1, 2], explicitBounds: [0.5], attributes: { a: 'x' } }],
  },
])

const sounds: readonly Sound[] = [
  { signal: 'logs', format: 'otlp_proto', bytes: requests.otlp_proto },
  { signal: 'logs', format: 'otlp_json', bytes: requests.otlp_json },
  { signal: 'logs', format: 'envelope', bytes: Buffer.from(`${envelopes.join('\n')}\n`) },
  { signal: 'logs', format: 'json', bytes: Buffer.from(`${envelopes.join('\n')}\n`) },
  { signal: 'logs', format: 'stored', bytes: Buffer.concat(logBatch.encode('stored')) },
  ...(['otlp_proto', 'otlp_json', 'stored'] as const).flatMap((format): Sound[] => [
    { signal: 'traces', format, bytes: Buffer.concat(spanBatch.encode(format)) },
    { signal: 'metrics', format, bytes: Buffer.concat(metricBatch.encode(format)) },
  ]),
]

const inputOf = (dice: Dice, { format, bytes }: Sound): Buffer => {
  if (format !== 'stored' && dice.chance(0.01)) return Buffer.from(dice.pick(hugeLines)())
  if (dice.chance(0.05)) return dice.bytes(dice.int(400))
  return dice.broken(bytes, oddPieces)
}

const saysAll = (batch: Batch, signal: Signal): void => {
  const formats =
    signal === 'logs'
      ? (['envelope', 'otlp_json', 'body', 'otlp_proto', 'stored'] as const)
      : (['otlp_json', 'otlp_proto', 'stored'] as const)
  for (const format of formats) {
    const bytes = Buffer.concat(batch.encode(format))
    if (format === 'body') continue
    const again = decode(signal, format, bytes)
    assert.equal(again.count, batch.count, `records that came back as ${format}`)
  }
}

export default defineFuzzer({
  name: 'decoding',
  promise: 'bytes of any format are refused in words or are records that every format can say',
  rounds: 500,
  async open() {
    const face = { schemas: () => createSchemas([]), migrations: [] }
    const checking = await harness(validate, { registry: 'r' }, { extensions: { r: face } })
    await checking.start()
    return {
      async round(dice) {
        const sound = dice.pick(sounds)
        const bytes = inputOf(dice, sound)
        let batch: Batch
        try {
          batch = decode(sound.signal, sound.format, bytes, {
            onInvalid: () => dice.pick(['skip', 'text'] as const),
          } as never)
        } catch (error) {
          assert.ok(error instanceof CollectorError && error.code === 'invalid_data', String(error))
          return
        }
        if (sound.signal === 'logs') {
          const before = checking.batches.length
          await checking.consume(batch as LogBatch)
          checking.batches.splice(before)
          checking.refused.splice(0)
          checking.outputs.clear()
        }
        if (batch.count > 0) saysAll(batch, sound.signal)
      },
      close: () => checking.stop(),
    }
  },
})
