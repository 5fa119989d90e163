/** What the built-in components make of a recorded day is what the catalogue says events look like. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundledRecording, prepareReplay } from '../../core/replay/index.ts'
import { event } from '../../core/events/index.ts'
import { type Batch, type LogInit, logs, systemClock } from '../../core/kit/index.ts'
import { fakeClock, harness } from '../../core/kit/testing.ts'
import { createSchemas, type SchemaRegistryFace } from '../../core/schemas/index.ts'
import eventMetrics from '../../plugins/connectors/event_metrics/index.ts'
import anomaly from '../../plugins/processors/anomaly/index.ts'
import codingAgents from '../../plugins/processors/coding_agents/index.ts'
import correlate from '../../plugins/processors/correlate/index.ts'
import stateChange from '../../plugins/processors/state_change/index.ts'
import validate from '../../plugins/processors/validate/index.ts'
import marcus from '../../plugins/receivers/marcus/index.ts'
import { officeRate, poisson, seeded } from '../setup/random-streams.ts'
import { waitFor } from '../setup/wait-for.ts'

const folder = mkdtempSync(join(tmpdir(), 'seneca-catalogue-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const START = Date.UTC(2026, 0, 5)
const at = (type: string, time: number, id: string): LogInit =>
  event({
    type,
    id: `${type}-${id}-${time}`,
    source: 'test',
    time: BigInt(Math.round(time)) * 1_000_000n,
    data: { task_id: id },
  })

/** Completed before it was assigned. */
const outOfSequence = [
  logs(['task.created', 'task.completed', 'task.assigned'].map((type, i) => at(type, START + i * 60_000, 't1'))),
]
/** A minute after each block comes an unassignment. */
const related = [
  logs(
    poisson(seeded(1), START, START + 7 * 86_400_000, 30, officeRate)
      .flatMap((time, i) => [at('task.blocked', time, `t${i}`), at('task.unassigned', time + 60_000, `t${i}`)])
      .toSorted((a, b) => Number((a.time ?? 0n) - (b.time ?? 0n))),
  ),
]
const toolCall = [
  logs(
    [
      {
        time: 5n,
        eventName: 'claude_code.tool_result',
        attributes: { tool_name: 'mcp__marcus__request_next_task', success: 'true', duration_ms: 12 },
      },
    ],
    { resource: { attributes: { 'service.name': 'claude-code' } } },
  ),
]

let day: readonly Batch[] = []
beforeAll(async () => {
  const options = { recording: bundledRecording(), folder, clock: systemClock, speed: Infinity, port: false as const }
  const replay = await prepareReplay(options)
  await replay.run()
  await replay.close()
  const receiver = await harness(marcus, { folder, mode: 'backfill', endpoint: 'none' })
  await receiver.start()
  await waitFor('the end of the backfill', () => receiver.ended)
  await receiver.stop()
  day = receiver.batches
})

/** Reasons of refusal, none twice, and how many events passed as valid. */
const judged = async (batches: readonly Batch[]): Promise<{ refused: readonly string[]; valid: number }> => {
  const registry: SchemaRegistryFace = { schemas: () => schemas, migrations: [] }
  const judge = await harness(validate, { drift: { enabled: false } }, { extensions: { schema_registry: registry } })
  await judge.start()
  for (const batch of batches.filter(({ signal }) => signal === 'logs')) await judge.consume(batch)
  const valid = judge.metrics.value('seneca_validate_events', { outcome: 'valid' }) ?? 0
  return { refused: [...new Set(judge.refused.map(({ error }) => error.message))], valid }
}
const schemas = createSchemas([])

const typesOf = (batches: readonly Batch[]): readonly string[] =>
  batches.flatMap((batch) =>
    batch.signal === 'logs' ? Array.from(batch as Batch<'logs'>, (one) => one.eventName) : [],
  )

describe('events of the built-in components are as the catalogue says:', () => {
  it('marcus', async () => {
    const { refused, valid } = await judged(day)
    expect(refused).toEqual([])
    const known = typesOf(day).filter((type) => schemas.latest(type) !== undefined)
    expect(known).not.toEqual([])
    expect(valid).toBe(known.length)
  })

  it.each([
    ['anomaly', async () => harness(anomaly, {}, { once: true }), 'insight.', () => outOfSequence],
    [
      'correlate',
      async () => harness(correlate, {}, { once: true, clock: fakeClock(START) }),
      'insight.',
      () => related,
    ],
    ['state_change', async () => harness(stateChange, {}), '', () => day],
    ['event_metrics', async () => harness(eventMetrics, {}, { once: true, outputs: ['logs'] }), 'insight.', () => day],
    ['coding_agents', async () => harness(codingAgents, {}), 'mcp.', () => toolCall],
  ] as const)('%s', async (_, make, prefix, input) => {
    const run = await make()
    await run.start()
    for (const batch of input()) await run.consume(batch)
    await run.stop()
    const events = run.batches.filter(({ signal }) => signal === 'logs') as readonly Batch<'logs'>[]
    const made = events.map((batch) => batch.filter((record) => record.eventName.startsWith(prefix)))
    const { refused, valid } = await judged(made)
    expect(refused).toEqual([])
    // What it only hands on says nothing about it: there must be events of its own making.
    expect(valid).toBeGreaterThan(prefix === '' ? typesOf(day).length : 0)
  })
})
