import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, describe, expect, it } from 'vitest'
import { catalogue } from 'seneca-collector/events'
import { harness, type Harness } from 'seneca-collector/testing'
import { prepareReplay, bundledRecording } from '../../../core/replay/index.ts'
import { systemClock } from '../../../core/kit/index.ts'
import { waitFor } from '../../../test/setup/wait-for.ts'
import plugin from './index.ts'

interface Envelope {
  readonly id: string
  readonly type: string
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

const byName = (a: string, b: string): number => a.localeCompare(b)

const root = mkdtempSync(join(tmpdir(), 'seneca-backfill-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const day = (async () => {
  const folder = join(root, 'day')
  const replay = await prepareReplay({
    recording: bundledRecording(),
    folder,
    clock: systemClock,
    speed: Infinity,
    port: false,
  })
  await replay.run()
  await replay.close()
  return folder
})()

const envelopes = (test: Harness): Envelope[] =>
  test.batches
    .flatMap((batch) => batch.encode('envelope').map((piece) => Buffer.from(piece).toString('utf8')))
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Envelope)

const backfill = async (folder: string): Promise<{ events: Envelope[]; status: Record<string, unknown> }> => {
  const test = await harness(plugin, { folder, mode: 'backfill', endpoint: 'none' })
  await test.start()
  await waitFor('the end of the backfill', () => test.ended)
  const status = test.inspect('') as Record<string, unknown>
  await test.stop()
  return { events: envelopes(test), status }
}

describe('backfill', () => {
  it('tells a recorded day in order, in the words of the catalogue, with the same ids each time', async () => {
    const folder = await day
    const first = await backfill(folder)
    const second = await backfill(folder)
    expect(second.events).toEqual(first.events)
    const times = first.events.map(({ timestamp }) => timestamp)
    expect(times.map((time) => Date.parse(time))).toEqual(
      times.map((time) => Date.parse(time)).toSorted((a, b) => a - b),
    )
    expect(new Set(first.events.map(({ id }) => id)).size).toBe(first.events.length)
    const ajv = new Ajv2020({ allErrors: true, strict: false })
    addFormats.default(ajv)
    const schemas = new Map(catalogue.map(({ type, schema }) => [type, ajv.compile(schema)]))
    for (const { type, data } of first.events) {
      const validate = schemas.get(type)
      expect(validate?.(data), `${type} ${JSON.stringify(data)} ${ajv.errorsText(validate?.errors)}`).toBe(true)
    }
    const text = JSON.stringify(first.events)
    expect(text).not.toMatch(/MANDATORY WORKFLOW|\/data\/work|\/home\//)
  })

  it('reads on over anything broken, counts it and passes it on', async () => {
    const folder = join(root, 'broken')
    cpSync(await day, folder, { recursive: true })
    const good = (await backfill(folder)).events
    const logs = join(folder, 'logs', 'conversations')
    writeFileSync(
      join(logs, 'realtime_20261124_000000.jsonl'),
      Buffer.concat([
        Buffer.from('{"timestamp":"2026-11-24T00:00:00+00:00","type":"from_the_future","token":"abc","n":1}\n'),
        Buffer.from(
          'not json at all\n[1,2]\n{"type":"task_request","worker_id":"x"}\n{"timestamp":"soon","type":"task_assignment"}\n',
        ),
        Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d, 0x0a]),
        Buffer.from(`{"timestamp":"2026-11-24T00:00:01+00:00","type":"huge","text":"${'x'.repeat(10_000_000)}"}\n`),
        Buffer.from('{"timestamp":"2026-11-24T00:00:02+00:00","type":"task_req'),
      ]),
    )
    writeFileSync(join(folder, 'data', 'marcus_state', 'subtasks.json'), '{"subtasks": {')
    writeFileSync(join(folder, 'home', 'costs.db'), 'this is no database')
    appendFileSync(join(folder, 'data', 'audit_logs', 'audit_20261123.jsonl'), '\u0000\u0000\u0000\n')
    const { events, status } = await backfill(folder)
    const records = events.filter(
      ({ type, data }) => type === 'marcus.log.record' && String(data['file']).includes('20261124'),
    )
    expect(records.map(({ data }) => String(data['reason'])).toSorted(byName)).toEqual(
      ['no_time', 'not_an_object', 'not_json', 'not_json', 'not_utf8', 'too_long', 'unknown', 'unknown'].toSorted(
        byName,
      ),
    )
    expect(JSON.stringify(records)).not.toContain('"abc"')
    const ids = new Set(events.map(({ id }) => id))
    const lost = good.filter(
      ({ id, type, data }) => !ids.has(id) && type !== 'cost.recorded' && data['parent_id'] === undefined,
    )
    expect(lost).toEqual([])
    const sources = status['sources'] as Record<string, { malformed: number; trouble?: string }>
    expect(sources['realtime']!.malformed).toBeGreaterThanOrEqual(6)
    expect(sources['subtasks']!.malformed).toBe(1)
    expect(sources['costs']!.trouble).toContain('not a database')
  })

  it('says in its status what the missing endpoint withholds', async () => {
    const { status } = await backfill(await day)
    expect(status['endpoint']).toMatchObject({ endpoint: null, withheld: expect.arrayContaining([]) as unknown })
  })
})
