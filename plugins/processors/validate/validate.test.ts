import { type LogInit, type LogRecord, logs } from 'seneca-collector'
import { catalogue, event } from 'seneca-collector/events'
import { createSchemas, type Migration, parseSchema, type SchemaRegistryFace } from 'seneca-collector/schemas'
import { conformance, harness, memoryStore } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import validate from './index.ts'

const deploy = (version: string, properties: object, required: readonly string[]) =>
  parseSchema(
    JSON.stringify({ type: 'object', properties, required, 'x-event-version': version, additionalProperties: false }),
    'deploy.finished',
    `deploy ${version}`,
  )

const schemas = createSchemas([
  deploy('1.0', { minutes: { type: 'number' } }, ['minutes']),
  deploy('3.0', { seconds: { type: 'number' }, unit: { enum: ['s'] } }, ['seconds', 'unit']),
])
const step = (name: string, from: string, to: string, statements: readonly string[]): Migration => ({
  name,
  type: 'deploy.finished',
  from,
  to,
  statements,
})
const migrations = [
  step('say_the_unit', '2.0', '3.0', ['set(data["unit"], "s")']),
  step('minutes_to_seconds', '1.0', '2.0', [
    'set(data["seconds"], data["minutes"] * 60)',
    'delete_key(data, "minutes")',
  ]),
]
const registry = (steps: readonly Migration[] = []): SchemaRegistryFace => ({
  schemas: () => schemas,
  migrations: steps,
})

const start = async (options: object = {}, steps?: readonly Migration[], env: object = {}) => {
  const run = await harness(validate, options, { extensions: { schema_registry: registry(steps) }, ...env })
  await run.start()
  return run
}

let count = 0
const one = (type: string, data: LogInit['attributes'] & object, version?: string): LogInit => {
  const init = event({ type, id: `id-${count++}`, source: 'test', time: 1_700_000_000_000_000_000n, data })
  return version === undefined
    ? init
    : { ...init, attributes: { ...init.attributes, 'seneca.schema_version': version } }
}
const read = (record: LogRecord | undefined, name: string) => record?.attributes.get(name)

describe('validate', () => {
  const prepare = () => ({ environment: { extensions: { schema_registry: registry() } } })
  for (const check of conformance(validate, { folder: import.meta.dirname, prepare })) it(check.name, check.run)

  it('refuses what breaks its schema with the place that is wrong, and hands on the rest', async () => {
    const run = await start()
    await run.consume(
      logs([
        one('deploy.finished', { seconds: 5, unit: 's' }, '3.0'),
        one('deploy.finished', { seconds: 'five', unit: 's' }, '3.0'),
        one('deploy.finished', { seconds: 5, unit: 's', odd: 1 }, '3.0'),
      ]),
    )
    expect(run.records()).toHaveLength(1)
    expect(run.refused.map(({ batch, error }) => [batch.count, error.code, error.message])).toEqual([
      [1, 'invalid_data', 'deploy.finished 3.0 breaks its schema: /data/seconds: must be number'],
      [1, 'invalid_data', "deploy.finished 3.0 breaks its schema: /data: must NOT have additional properties ('odd')"],
    ])
    expect(run.metrics.value('seneca_validate_events', { outcome: 'refused' })).toBe(2)
  })

  it('accepts the example of every type in the catalogue, as events are made', async () => {
    const run = await start()
    await run.consume(logs(catalogue.map(({ type, example }) => one(type, example as never))))
    expect(run.refused).toEqual([])
    expect(run.records()).toHaveLength(catalogue.length)
  })

  it('refuses a known type without a version', async () => {
    const run = await start()
    const init = one('deploy.finished', { seconds: 1, unit: 's' })
    const { 'seneca.schema_version': _, ...attributes } = init.attributes as Record<string, never>
    await run.consume(logs([{ ...init, attributes }]))
    expect(run.refused[0]?.error.message).toContain('/version: must be there')
    expect(run.records()).toEqual([])
  })

  it('brings an older version up to date through a chain of named migrations', async () => {
    const run = await start({}, migrations)
    await run.consume(logs([one('deploy.finished', { minutes: 2 }, '1.0')]))
    const [record] = run.records()
    expect(run.refused).toEqual([])
    expect(read(record, 'marcus.seconds')).toBe(120)
    expect(read(record, 'marcus.unit')).toBe('s')
    expect(record?.attributes.has('marcus.minutes')).toBe(false)
    expect(read(record, 'seneca.schema_version')).toBe('3.0')
    expect(read(record, 'seneca.metadata.migrations')).toEqual(['minutes_to_seconds', 'say_the_unit'])
  })

  it('checks an older version against its own schema where nothing migrates it', async () => {
    const run = await start()
    await run.consume(
      logs([
        one('deploy.finished', { minutes: 2 }, '1.0'),
        one('deploy.finished', { minutes: 'x' }, '1.0'),
        one('deploy.finished', { anything: 1 }, '2.0'),
      ]),
    )
    expect(run.records()).toHaveLength(2)
    expect(run.refused[0]?.error.message).toContain('/data/minutes')
    expect(run.metrics.value('seneca_validate_events', { outcome: 'older' })).toBe(1)
  })

  it('passes a newer unknown version, flagged, and an unknown type as it is', async () => {
    const run = await start()
    await run.consume(logs([one('deploy.finished', { wholly: 'new' }, '4.0'), one('nobody.knows', { x: 1 })]))
    const [newer, unknown] = run.records()
    expect(read(newer, 'seneca.metadata.schema_newer')).toBe(true)
    expect(unknown?.attributes.has('seneca.metadata.schema_newer')).toBe(false)
    expect(run.metrics.value('seneca_validate_events', { outcome: 'unknown_type' })).toBe(1)
  })

  it('hands on the same batch when nothing is wrong', async () => {
    const run = await start()
    const batch = logs([one('deploy.finished', { seconds: 1, unit: 's' }, '3.0')])
    await run.consume(batch)
    expect(run.batches[0]).toBe(batch)
  })
})

const numbered = (data: object, id: string): LogInit => {
  const init = one('my.thing', data as never)
  return { ...init, attributes: { ...init.attributes, 'log.record.uid': id } }
}
const odd = (id: string) => numbered({ a: 'one', b: {}, d: true }, id)

describe('drift', () => {
  const told = (records: readonly LogRecord[]) =>
    records
      .filter((record) => record.eventName === 'insight.schema.drifted')
      .map((record) => [
        read(record, 'marcus.change'),
        read(record, 'marcus.path'),
        read(record, 'marcus.offender'),
        read(record, 'seneca.metadata.evidence'),
      ])
  const usual = ['u1', 'u2'].map((id) => numbered({ a: 1, b: { c: 'x' } }, id))

  it('tells a field that appears, vanishes or has another type once, with the first offender', async () => {
    const run = await start({ drift: { learn: 2 } })
    await run.consume(logs([...usual, odd('first'), odd('second')]))
    expect(told(run.records())).toEqual([
      ['type_changed', 'a', 'first', ['first']],
      ['appeared', 'd', 'first', ['first']],
      ['vanished', 'b.c', 'first', ['first']],
    ])
    expect(run.created).toBe(3)
  })

  it('tells nothing while it learns, nor of a null', async () => {
    const run = await start({ drift: { learn: 2 } })
    await run.consume(logs([...usual, numbered({ a: null, b: { c: 'y' } }, 'n')]))
    expect(told(run.records())).toEqual([])
  })

  it('tells again what was not taken, and remembers over a restart what was', async () => {
    const storage = memoryStore()
    let isDown = true
    const next = () => {
      if (isDown) throw new Error('down')
    }
    const run = await start({ drift: { learn: 1 } }, [], { storage, next })
    const batch = logs([...usual, numbered({ a: 1, b: { c: 'x' }, e: 1 }, 'o')])
    await expect(run.consume(batch)).rejects.toThrow('down')
    expect(run.created).toBe(0)
    isDown = false
    await run.consume(batch)
    const drifted = told(run.records())
    expect(drifted.at(-1)).toEqual(['appeared', 'e', 'o', ['o']])
    const again = await start({ drift: { learn: 1 } }, [], { storage })
    await again.consume(batch)
    expect(told(again.records())).toEqual([])
  })

  it('keeps to its limits', async () => {
    const run = await start({ drift: { learn: 1, types_max: 1, fields_max: 3 } })
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, i]))
    await run.consume(logs([...usual, one('other.thing', { a: 1 }), numbered({ a: 1, b: { c: 'x' }, ...many }, 'm')]))
    expect(told(run.records())).toEqual([])
    await run.consume(logs([one('other.thing', { b: 1 })]))
    expect(told(run.records())).toEqual([])
  })
})
