/**
 * The same spans and log records, the same options: which pass, and what is written into them. The answers are those of the
 * OpenTelemetry Collector's processor (contrib 0.158), recorded from a run of it.
 */
import { Double, logs, spans } from 'seneca-collector'
import type { Batch, LogRecord, Value } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import { expect, it } from 'vitest'
import sampler from './index.ts'

const states: Readonly<Record<string, string>> = {
  s0: '',
  s1: 'a=1,ot=rv:9b8233f7e3a151;x:y,b=2',
  s2: ' ot=th:8 , k=v ',
  s3: 'ot=th:8;',
  s4: 'k=v,,ot=th:4',
  s5: 'ot=th:0',
  s6: 'ot=th:f',
  s7: 'ot=rv:123',
  s8: 'K=v',
  s9: 'ot=rv:FFFFFFFFFFFFFF;th:80',
}
const priorities: Readonly<Record<string, Value | undefined>> = {
  p0: undefined,
  p1: 0,
  p2: -1,
  p3: 0.5,
  p4: '1',
  p5: '',
  p6: true,
  p7: Buffer.from('1'),
  p8: [1],
  p9: {},
}
const everySpan = spans([
  ...Object.entries(states).map(([name, traceState]) => ({
    name,
    traceState,
    traceId: `${'0'.repeat(17)}19b8233f7e3a151`,
  })),
  ...Object.entries(priorities).map(([name, value]) => ({
    name,
    traceId: `${'0'.repeat(17)}100000000000000`,
    attributes: value === undefined ? {} : { 'sampling.priority': value },
  })),
])

it.each([
  [
    { sampling_percentage: 50 },
    's0=ot=rv:d8d41cec3ac9ca;th:8 | p0=ot=rv:eb2c1722c9c534;th:8 | p2=ot=rv:eb2c1722c9c534;th:8 | p3=ot=rv:eb2c1722c9c534;th:0 | p4=ot=rv:eb2c1722c9c534;th:0 | p5=ot=rv:eb2c1722c9c534;th:8 | p6=ot=rv:eb2c1722c9c534;th:8 | p7=ot=rv:eb2c1722c9c534;th:8 | p8=ot=rv:eb2c1722c9c534;th:8 | p9=ot=rv:eb2c1722c9c534;th:8',
  ],
  [
    { sampling_percentage: 50, fail_closed: false },
    's0=ot=rv:d8d41cec3ac9ca;th:8 | s1=a=1,ot=rv:9b8233f7e3a151;x:y,b=2 | s2= ot=th:8 , k=v  | s3=ot=th:8; | s4=k=v,,ot=th:4 | s5=ot=th:0 | s6=ot=th:f | s7=ot=rv:123 | s8=K=v | s9=ot=rv:FFFFFFFFFFFFFF;th:80 | p0=ot=rv:eb2c1722c9c534;th:8 | p2=ot=rv:eb2c1722c9c534;th:8 | p3=ot=rv:eb2c1722c9c534;th:0 | p4=ot=rv:eb2c1722c9c534;th:0 | p5=ot=rv:eb2c1722c9c534;th:8 | p6=ot=rv:eb2c1722c9c534;th:8 | p7=ot=rv:eb2c1722c9c534;th:8 | p8=ot=rv:eb2c1722c9c534;th:8 | p9=ot=rv:eb2c1722c9c534;th:8',
  ],
  [
    { sampling_percentage: 50, mode: 'proportional' },
    's0=ot=th:8 | s1=ot=rv:9b8233f7e3a151;th:8;x:y,a=1,b=2 | s5=ot=th:8 | s9=ot=rv:FFFFFFFFFFFFFF;th:c | p3=ot=th:0 | p4=ot=th:0',
  ],
  [
    { sampling_percentage: 50, mode: 'equalizing', fail_closed: false },
    's0=ot=th:8 | s1=ot=rv:9b8233f7e3a151;th:8;x:y,a=1,b=2 | s2=ot=th:8,k=v | s3=ot=th:8; | s4=ot=th:8,k=v | s5=ot=th:8 | s6=ot=th:0 | s7=ot=rv:123 | s8=K=v | s9=ot=rv:FFFFFFFFFFFFFF;th:8 | p3=ot=th:0 | p4=ot=th:0',
  ],
  [{ sampling_percentage: 0 }, 'p3=ot=th:0 | p4=ot=th:0'],
])('samples spans with %j as the Collector does', async (options, answer) => {
  const h = await harness(sampler, options)
  await h.consume(everySpan)
  const passed = h.batches.flatMap((batch) =>
    Array.from(batch as Batch<'traces'>, ({ name, traceState }) => `${name}=${traceState}`),
  )
  expect(passed.join(' | ')).toBe(answer)
})

const records: readonly Readonly<Record<string, Value>>[] = [
  { a: 'x' },
  { a: Buffer.of(1, 2) },
  { a: 7 },
  { p: 100 },
  { a: 'y', p: 0.5 },
  { a: 'y', p: 101 },
  { a: 'z', p: '100' },
  {},
]

it.each([
  [
    { sampling_percentage: 90, from_attribute: 'a', sampling_priority: 'p' },
    'l0=95a01a82a11a97,199c | l1=be9416d8b7505a,199c | l2=6de407c5f12486,199c | l3=0 | l5=9bec1a42911904,199c | l6=89081b02c11dbd,199c',
  ],
  [
    { sampling_percentage: 90, from_attribute: 'a', mode: 'proportional', fail_closed: false, sampling_priority: 'p' },
    'l0=0 | l1=0 | l2=0 | l3=0 | l4=feb85 | l5=0 | l6=0 | l7=0',
  ],
])('samples log records with %j as the Collector does', async (options, answer) => {
  const h = await harness(sampler, options)
  await h.consume(logs(records.map((attributes, i) => ({ severityText: `l${i}`, attributes }))))
  const passed = (h.records() as LogRecord[]).map(({ severityText, attributes }) => {
    const marks = ['sampling.randomness', 'sampling.threshold'].flatMap((key) => {
      const mark = attributes.get(key)
      return typeof mark === 'string' ? [mark] : []
    })
    return `${severityText}=${marks.join(',')}`
  })
  expect(passed.join(' | ')).toBe(answer)
})

it('judges no less for marks of other kinds, and a whole percentage as a double', async () => {
  const h = await harness(sampler, { sampling_percentage: 0, sampling_priority: 'p', from_attribute: 'a' })
  const marks = { 'sampling.threshold': 7, 'sampling.randomness': [1] }
  await h.consume(logs([{ attributes: { ...marks, a: 'x', p: new Double(100) } }]))
  expect((h.records()[0] as LogRecord).attributes.get('sampling.threshold')).toBe('0')
})

it('refuses a share that no threshold can say', async () => {
  await expect(harness(sampler, { sampling_percentage: 1e-16 })).rejects.toThrow('too small')
})
