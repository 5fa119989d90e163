import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, decode, logs } from '../index.ts'
import type { Batch } from '../index.ts'
import { withEventNameAttribute } from '../event-name.ts'
import { requestType } from '../testing/otlp-proto.ts'

const bytesOf = (batch: Batch): Buffer => Buffer.concat(batch.encode('otlp_proto'))
const viaBytes = (batch: Batch<'logs'>): Batch<'logs'> => decode('logs', 'otlp_proto', bytesOf(batch))

/** What editing record by record makes of it, read by protobufjs. */
const expected = (batch: Batch<'logs'>): object => {
  const edited = batch.edit((draft) => {
    const { eventName } = draft.record
    if (eventName !== '' && !draft.record.attributes.has('event.name'))
      draft.set(['attributes', 'event.name'], eventName)
  })
  return requestType.toObject(requestType.decode(bytesOf(edited)))
}

const record = fc.record(
  {
    time: fc.bigInt({ min: 0n, max: 2n ** 63n }),
    severity: fc.integer({ min: 0, max: 24 }),
    eventName: fc.oneof(fc.constant(''), fc.constant('a.b'), fc.string({ unit: 'grapheme', maxLength: 300 })),
    body: fc.string({ maxLength: 200 }),
    attributes: fc.dictionary(
      fc.oneof(fc.constantFrom('event.name', 'event.names', 'k'), fc.string({ maxLength: 200 })),
      fc.oneof(fc.string({ maxLength: 200 }), fc.integer(), fc.constant({ 'event.name': 'x' })),
      { noNullPrototype: false },
    ),
    flags: fc.nat(),
  },
  { requiredKeys: [] },
)

describe('the name of an event as an attribute', () => {
  it('is added to bytes as editing adds it to values', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (records) => {
        const batch = viaBytes(logs(records as never))
        const named = bytesOf(withEventNameAttribute(batch))
        expect(requestType.toObject(requestType.decode(named))).toEqual(expected(batch))
      }),
      { numRuns: 300 },
    )
  })

  it('leaves a batch alone that has no event without it', () => {
    const batch = viaBytes(logs([{ body: 'a' }, { eventName: 'a.b', attributes: { 'event.name': 'mine' } }]))
    expect(withEventNameAttribute(batch)).toBe(batch)
  })

  it('is added to records that an edit made events, and looked for nowhere else', () => {
    const batch = viaBytes(logs([{ body: 'a' }, { body: 'b' }]))
    const other = batch.edit((draft) => draft.set(['attributes', 'k'], 'v'))
    expect(withEventNameAttribute(other)).toBe(other)
    for (const also of [['body'], ['scope', 'name']]) {
      const events = batch.edit((draft, i) => {
        if (i === 1) draft.set(['event_name'], 'a.b')
        draft.set(also, 'more')
      })
      const named = withEventNameAttribute(events) as Batch<'logs'>
      const names = Array.from(named, ({ attributes }) => attributes.get('event.name'))
      expect(names).toEqual([undefined, 'a.b'])
    }
  })

  it('is added in slices, picks and batches of several layouts, and keeps origins', () => {
    const origin = { key: 'feed', offset: 7 }
    const read = decode(
      'logs',
      'otlp_proto',
      bytesOf(logs([{ eventName: 'a.b' }, { body: 'x' }, { eventName: 'c.d' }])),
      {
        origin,
      },
    )
    const envelope = decode('logs', 'envelope', Buffer.from('{"type":"e.f","data":{},"metadata":{}}\n'))
    const batch = concat([
      read.slice(1),
      read.filter((one) => one.eventName !== ''),
      envelope,
      logs([{ eventName: 'g.h' }]),
    ])
    const named = withEventNameAttribute(batch) as Batch<'logs'>
    expect([...named].map((one) => [one.eventName, one.attributes.get('event.name')])).toEqual([
      ['', undefined],
      ...['c.d', 'a.b', 'c.d', 'e.f', 'g.h'].map((name) => [name, name]),
    ])
    expect(named.origins()).toEqual(batch.origins())
    expect(withEventNameAttribute(named)).toBe(named)
  })

  it('is found where a stranger wrote the key twice, or after the value', () => {
    const attribute = (...entry: number[]): number[] => [50, entry.length, ...entry]
    const key = (text: string): number[] => [10, text.length, ...Buffer.from(text)]
    const value = [18, 3, 10, 1, 120]
    const request = (...entries: number[][]): Buffer => {
      const message = [98, 3, ...Buffer.from('a.b'), ...entries.flatMap((entry) => attribute(...entry))]
      const scope = [18, message.length, ...message]
      return Buffer.from([10, scope.length + 2, 18, scope.length, ...scope])
    }
    const isNamed = (bytes: Buffer): boolean => {
      const batch = decode('logs', 'otlp_proto', bytes)
      return withEventNameAttribute(batch) !== batch
    }
    expect(isNamed(request([...value, ...key('event.name')]))).toBe(false)
    expect(isNamed(request([...key('k'), ...key('event.name'), ...value]))).toBe(false)
    expect(isNamed(request([...key('event.name'), ...key('k'), ...value]))).toBe(true)
    expect(isNamed(request([...key('k'), ...value]))).toBe(true)
  })
})
