import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CollectorError } from '../errors.ts'
import { concat, decode, Double, hexToBytes, isMap, logs } from '../index.ts'
import {
  anyPath,
  bytesOf,
  dumpAll,
  fieldValue,
  groupArbitrary,
  initArbitrary,
  opArbitrary,
  perform,
} from '../testing/arbitraries.ts'
import { requestType } from '../testing/otlp-proto.ts'
import type { LogBatch, LogRecord, Value } from '../types.ts'

const RUNS = 300

/** A value as protobufjs takes it. */
const anyValue = (value: Value): object => {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (value instanceof Double) return { doubleValue: value.value }
  if (typeof value === 'number' && !Number.isInteger(value)) return { doubleValue: value }
  if (typeof value === 'number' || typeof value === 'bigint') return { intValue: value.toString() }
  if (value instanceof Uint8Array) return { bytesValue: value }
  if (isMap(value)) return { kvlistValue: { values: keyValues(Object.entries(value)) } }
  return { arrayValue: { values: value.map(anyValue) } }
}
const keyValues = (entries: Iterable<readonly [string, Value]>): object[] =>
  Array.from(entries, ([key, value]) => ({ key, value: anyValue(value) }))

const idBytes = (id: string): Uint8Array => hexToBytes(id)!

const logRecord = (record: LogRecord): object => ({
  timeUnixNano: record.time.toString(),
  observedTimeUnixNano: record.observedTime.toString(),
  severityNumber: record.severity,
  severityText: record.severityText,
  eventName: record.eventName,
  ...(record.body === undefined ? {} : { body: anyValue(record.body) }),
  attributes: keyValues(record.attributes),
  droppedAttributesCount: record.get(['dropped_attributes_count']),
  flags: record.flags,
  traceId: idBytes(record.traceId),
  spanId: idBytes(record.spanId),
})

/** Each record in a ResourceLogs of its own, through protobufjs. */
const oracle = (batch: LogBatch): Buffer =>
  Buffer.from(
    requestType
      .encode(
        requestType.fromObject({
          resourceLogs: Array.from(batch, (record) => ({
            resource: { attributes: keyValues(record.resource.attributes) },
            schemaUrl: record.resource.schemaUrl,
            scopeLogs: [
              {
                scope: {
                  name: record.scope.name,
                  version: record.scope.version,
                  attributes: keyValues(record.scope.attributes),
                },
                schemaUrl: record.scope.schemaUrl,
                logRecords: [logRecord(record)],
              },
            ],
          })),
        }),
      )
      .finish(),
  )

const batches = fc
  .array(fc.tuple(fc.array(initArbitrary, { minLength: 1, maxLength: 3 }), groupArbitrary), {
    minLength: 1,
    maxLength: 3,
  })
  .map((list) => concat(list.map(([inits, group]) => logs(inits, group))))

const asOtlp = (batch: LogBatch): LogBatch => decode('logs', 'otlp_proto', bytesOf(batch.encode('otlp_proto')))

describe('the OTLP protobuf layout', () => {
  it('reads what protobufjs writes and writes what protobufjs reads', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        expect(dumpAll(decode('logs', 'otlp_proto', oracle(batch)))).toEqual(dumpAll(batch))
        const ours = requestType.decode(bytesOf(batch.encode('otlp_proto')))
        expect(dumpAll(decode('logs', 'otlp_proto', requestType.encode(ours).finish()))).toEqual(dumpAll(batch))
      }),
      { numRuns: RUNS },
    )
  })

  it('edits as the plain layout does', () => {
    const program = fc.array(opArbitrary(anyPath, fieldValue), { maxLength: 6 })
    fc.assert(
      fc.property(
        batches,
        fc.array(program, { minLength: 9, maxLength: 9 }),
        fc.constantFrom(1, 2, 3),
        (plain, programs, step) => {
          const otlp = asOtlp(plain)
          const seen: unknown[][] = [[], []]
          const edited = [otlp, plain].map((batch, k) =>
            batch.edit((draft, i) => {
              if (i % step === 0) seen[k]!.push(perform(draft, programs[i]!))
            }),
          )
          expect(seen[0]).toEqual(seen[1])
          expect(dumpAll(edited[0]!)).toEqual(dumpAll(edited[1]!))
          expect(dumpAll(asOtlp(edited[0]!))).toEqual(dumpAll(edited[1]!))
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('filters, slices, groups and joins without losing a record', () => {
    fc.assert(
      fc.property(batches, batches, (a, b) => {
        const joined = concat([asOtlp(a), asOtlp(b)])
        const all = [...dumpAll(a), ...dumpAll(b)]
        expect(dumpAll(joined)).toEqual(all)
        expect(dumpAll(asOtlp(joined))).toEqual(all)
        expect(dumpAll(joined.slice(1, -1 + all.length))).toEqual(all.slice(1, -1 + all.length))
        expect(dumpAll(asOtlp(joined.filter((_, i) => i % 2 === 1)))).toEqual(all.filter((_, i) => i % 2 === 1))
        const groups = joined.groupBy((record) => record.severityText)
        expect(Array.from(groups.values(), (group) => group.count).reduce((sum, n) => sum + n, 0)).toBe(all.length)
        expect(joined.filter(() => true)).toBe(joined)
        expect(joined.edit(() => {})).toBe(joined)
      }),
      { numRuns: RUNS },
    )
  })

  it('hands an untouched request on as the very same bytes', () => {
    const bytes = bytesOf(logs([{ body: 'a' }, { body: 'b' }]).encode('otlp_proto'))
    expect(bytesOf(decode('logs', 'otlp_proto', bytes).encode('otlp_proto')).equals(bytes)).toBe(true)
  })

  it('keeps fields it does not know, in records and resources, through edits', () => {
    // Field 200 as text in the record, field 3 (entity_refs) in the resource.
    const unknown = Buffer.from([0xc2, 0x0c, 0x02, 0x68, 0x69])
    const body = Buffer.from([0x2a, 0x03, 0x0a, 0x01, 0x61])
    const record = Buffer.concat([body, unknown])
    const scopeLogs = Buffer.concat([Buffer.from([0x12, record.length]), record])
    const resource = Buffer.from([0x1a, 0x02, 0x0a, 0x00])
    const resourceLogs = Buffer.concat([
      Buffer.from([0x0a, resource.length]),
      resource,
      Buffer.from([0x12, scopeLogs.length]),
      scopeLogs,
    ])
    const request = Buffer.concat([Buffer.from([0x0a, resourceLogs.length]), resourceLogs])
    const edited = decode('logs', 'otlp_proto', request).edit((draft) => {
      draft.set(['attributes', 'a'], 1)
      draft.set(['resource', 'attributes', 'service.name'], 's')
    })
    const bytes = bytesOf(edited.encode('otlp_proto'))
    expect(bytes.includes(unknown)).toBe(true)
    expect(bytes.includes(resource)).toBe(true)
    expect(edited.at(0).resource.attributes.get('service.name')).toBe('s')
  })

  it('refuses broken bytes with the offset, and never crashes or hangs on any', () => {
    const broken = fc.tuple(
      batches,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      fc.nat(),
    )
    fc.assert(
      fc.property(broken, ([batch, changes, cut]) => {
        const bytes = Buffer.from(bytesOf(batch.encode('otlp_proto')))
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        try {
          const read = decode('logs', 'otlp_proto', bytes.subarray(0, bytes.length - (cut % bytes.length)))
          dumpAll(read)
          dumpAll(asOtlp(read.edit((draft) => draft.set(['attributes', 'x'], 1))))
        } catch (error) {
          expect(error).toBeInstanceOf(CollectorError)
          expect(error).toMatchObject({ code: 'invalid_data', message: expect.stringMatching(/at byte \d+/) as string })
        }
      }),
      { numRuns: RUNS * 3 },
    )
  })

  it('refuses what nests too deep', () => {
    let value: Value = 1
    for (let i = 0; i < 64; i++) value = [value]
    const bytes = bytesOf(logs([{ body: value }]).encode('otlp_proto'))
    expect(decode('logs', 'otlp_proto', bytes).at(0).body).toEqual(value)
    expect(() => logs([{ body: [value] }])).toThrow('nested deeper than 64')
  })
})

describe('stored batches', () => {
  it('come back with their records, layout and origins', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const lines = decode('logs', 'json', Buffer.from('{"a":1}\n{"b":2}\n'), {
          origin: { key: 'file', offset: 100 },
          attributes: { f: 'x' },
        })
        const envelopes = decode('logs', 'envelope', bytesOf(batch.encode('envelope')), {
          origin: { key: 'other', offset: 7 },
          observedTime: 5n,
        })
        const placed = decode('logs', 'otlp_proto', bytesOf(batch.encode('otlp_proto')), {
          origin: { key: 'feed', offset: 1e12 },
        })
        const odd = placed.filter((_, i) => i % 2 === 1).edit((draft) => draft.set(['body'], 1))
        const all = concat([batch, lines, asOtlp(batch), envelopes, placed, odd])
        const back = decode('logs', 'stored', bytesOf(all.encode('stored')))
        expect(dumpAll(back)).toEqual(dumpAll(all))
        expect(Array.from(back, (record) => record.origin)).toEqual(Array.from(all, (record) => record.origin))
        expect(back.origins()).toEqual(all.origins())
        expect(bytesOf(back.encode('envelope')).equals(bytesOf(all.encode('envelope')))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('are refused when damaged', () => {
    const bytes = bytesOf(decode('logs', 'json', Buffer.from('{"a":1}\n')).encode('stored'))
    for (let length = 0; length < bytes.length; length++) {
      if (length === 4) continue
      expect(() => decode('logs', 'stored', bytes.subarray(0, length))).toThrow(CollectorError)
    }
  })

  it('are stored again although what they say of where they stood is nonsense', () => {
    const bytes = bytesOf(
      decode('logs', 'otlp_proto', bytesOf(logs([{ body: 'x' }]).encode('otlp_proto'))).encode('stored'),
    )
    bytes.fill(0xff, bytes.length - 4)
    const again = bytesOf(decode('logs', 'stored', bytes).encode('stored'))
    expect(Buffer.from(again).equals(bytes)).toBe(true)
  })
})
