import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CollectorError } from '../../errors.ts'
import { concat, decode, logs } from '../../index.ts'
import { bytesOf, groupArbitrary, initArbitrary } from '../../testing/arbitraries.ts'
import { metricsTypes, tracesType } from '../../testing/otlp-proto.ts'
import { encodeWith, metricRequest, spanRequest } from '../../testing/requests.ts'
import type { Batch, DecodeFormat, Signal } from '../../types.ts'

const RUNS = 400
const SEED = 20_261_126

const batches: fc.Arbitrary<Batch> = fc.oneof(
  spanRequest.map((message) => decode('traces', 'otlp_proto', encodeWith(tracesType, message)) as Batch),
  metricRequest.map((message) => decode('metrics', 'otlp_proto', encodeWith(metricsTypes.packed, message)) as Batch),
  fc
    .tuple(fc.array(initArbitrary, { maxLength: 3 }), groupArbitrary)
    .map(([inits, group]) => concat([logs(inits, group), decode('logs', 'json', Buffer.from('{"a":[1]}\n'))]) as Batch),
)

/** Bytes with a few of them changed, and cut somewhere now and then. */
const broken = fc.tuple(
  batches,
  fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
  fc.oneof(fc.constant(0), fc.nat()),
)

const survives = (signal: Signal, format: DecodeFormat, bytes: Buffer): void => {
  try {
    const batch = decode(signal, format, bytes)
    batch.encode('otlp_json')
    batch.encode('otlp_proto')
    for (const record of batch) record.keep()
  } catch (error) {
    if (!(error instanceof CollectorError)) throw error
    expect(error.code).toBe('invalid_data')
  }
}

describe('broken bytes of any signal', () => {
  it.each(['otlp_json', 'stored'] as const)('are refused or read as %s, and nothing else happens', (format) => {
    fc.assert(
      fc.property(broken, ([batch, changes, cut]) => {
        const bytes = bytesOf(batch.encode(format))
        if (bytes.length === 0) return
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        survives(batch.signal, format, bytes.subarray(0, bytes.length - (cut % bytes.length)))
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })

  it('are refused when the header of stored bytes says what cannot be', () => {
    const header = (text: string): Buffer => {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(text.length)
      return Buffer.concat([Buffer.from('SCB\u0001', 'latin1'), length, Buffer.from(text)])
    }
    for (const text of ['null', '5', '{}', '{"records":-1}', '{"layout":"otlp","records":0,"beside":0,"count":1e9}'])
      for (const signal of ['logs', 'metrics', 'traces'] as const)
        expect(() => decode(signal, 'stored', header(text)), text).toThrow(CollectorError)
  })
})
