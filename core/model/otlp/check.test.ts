import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CollectorError } from '../errors.ts'
import { logs } from '../logs.ts'
import type { LogInit, Value } from '../types.ts'
import { checkId, checkLog, checkRequest, checkText } from './check.ts'
import type { ProtoReader } from './read.ts'

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 200 }))
const value: fc.Arbitrary<Value> = fc.oneof(
  text,
  fc.integer(),
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.array(text),
)
const record: fc.Arbitrary<LogInit> = fc.record(
  {
    time: fc.bigInt({ min: 0n, max: 2n ** 63n }),
    severity: fc.integer({ min: 0, max: 24 }),
    severityText: text,
    eventName: text,
    body: value,
    traceId: fc.constant('0102030405060708090a0b0c0d0e0f10'),
    flags: fc.nat(),
    attributes: fc.dictionary(text, value, { maxKeys: 5 }),
  },
  { requiredKeys: [] },
)

/** Field by field, as the grammar has it; no short cut. */
const checkFields = (r: ProtoReader): void => {
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 50) checkAttribute(r)
    else if (tag === 42) checkScalar(r)
    else if (tag === 26 || tag === 98) checkText(r)
    else if (tag === 74) checkId(r, 16)
    else if (tag === 82) checkId(r, 8)
    else r.skip(tag)
  }
}

const checkAttribute = (r: ProtoReader): void => {
  const outer = r.enter()
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) checkText(r)
    else if (tag === 18) checkScalar(r)
    else r.skip(tag)
  }
  r.leave(outer)
}

/** No lists and maps: `record` has none. */
const checkScalar = (r: ProtoReader): void => {
  const outer = r.enter()
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) checkText(r)
    else if (tag === 42 || tag === 50) throw new CollectorError('not_found', 'more than this test knows')
    else r.skip(tag)
  }
  r.leave(outer)
}

/** The rows, or the code of the error. */
const outcome = (bytes: Uint8Array, check: (r: ProtoReader) => void): unknown => {
  try {
    return [...checkRequest(bytes, check).rows]
  } catch (error) {
    return (error as CollectorError).code
  }
}

describe('the short cut for usual records', () => {
  it('takes and refuses what going field by field takes and refuses', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 })
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), changes, fc.nat({ max: 3 }), (inits, each, cut) => {
        const bytes = Buffer.concat(logs(inits).encode('otlp_proto'))
        for (const [at, byte] of each) bytes[at % bytes.length] = byte
        const broken = bytes.subarray(0, bytes.length - cut)
        const plainly = outcome(broken, checkFields)
        if (plainly !== 'not_found') expect(outcome(broken, checkLog)).toEqual(plainly)
      }),
      { numRuns: 3_000 },
    )
  })

  it('sees what is no text wherever it stands, and takes all that is', () => {
    for (let length = 1; length < 20; length++) {
      const text = 'x'.repeat(length)
      const init = { severityText: text, eventName: text, body: text, attributes: { [text]: text, n: 300, t: true } }
      const bytes = Buffer.concat(
        logs([{ ...init, time: 2n ** 63n - 1n, traceId: 'ff'.repeat(16) }]).encode('otlp_proto'),
      )
      const places = [...bytes.keys()].filter((at) => bytes[at] === 'x'.charCodeAt(0))
      expect(places).toHaveLength(5 * length)
      expect(outcome(bytes, checkLog)).toHaveLength(5)
      for (const at of places) {
        // Never a byte of UTF-8; a first byte whose next is missing unless an x stands there; a next byte without a first.
        for (const byte of [0xff, 0xc3, 0x80]) {
          const broken = Buffer.from(bytes)
          broken[at] = byte
          expect(outcome(broken, checkLog)).toBe('invalid_data')
        }
        if (bytes[at + 1] !== bytes[at]) continue
        const accented = Buffer.from(bytes)
        accented.write('é', at)
        expect(outcome(accented, checkLog)).toHaveLength(5)
      }
    }
  })
})
