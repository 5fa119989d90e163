import { logs } from 'seneca-collector'
import type { Batch, LogRecord, MetricRecord, Value } from 'seneca-collector'
import { event, eventType } from 'seneca-collector/events'
import { conformance, fakeClock, harness, memoryStore } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import eventMetrics from './index.ts'

const START = Date.UTC(2026, 10, 23, 12)
const outputs = ['metrics/out', 'logs/out']

let made = 0
const fact = (type: string, atMs: number, data: Record<string, Value> = {}) =>
  event({ type, id: `e${made++}`, source: 'marcus_logs', time: BigInt(atMs) * 1_000_000n, data })

const start = async (options: unknown = {}, storage = memoryStore(), at = START) => {
  const h = await harness(eventMetrics, options, { clock: fakeClock(at), outputs, storage })
  await h.start()
  return h
}
type Started = Awaited<ReturnType<typeof start>>

/** The newest readings: points as `name{attributes}` → value, or count and sum. */
const readings = (h: Started): Record<string, unknown> => {
  const batch = h.outputs.get('metrics/out')?.at(-1) as Batch<'metrics'> | undefined
  const shown: Record<string, unknown> = {}
  for (const metric of (batch ?? []) as Iterable<MetricRecord>) {
    for (const point of metric.dataPoints) {
      const labels = Array.from(point.attributes, ([key, value]) => `${key}=${value as string}`).join(',')
      shown[`${metric.name}{${labels}}`] = metric.type === 'histogram' ? [point.count, point.sum] : Number(point.value)
    }
  }
  return shown
}
const notices = (h: Started): LogRecord[] =>
  (h.outputs.get('logs/out') ?? []).flatMap((batch) => Array.from(batch as Batch<'logs'>, (record) => record.keep()))
const said = (h: Started) =>
  notices(h).map((record) => [
    record.eventName,
    record.attributes.get('marcus.level') ?? record.attributes.get('marcus.labels'),
  ])

describe('event_metrics', () => {
  for (const check of conformance(eventMetrics, { folder: import.meta.dirname, consumes: true }))
    it(check.name, check.run)

  it('counts exactly the events it was given, by type and dimension', async () => {
    const h = await start({ dimensions: ['project_id'] })
    await h.consume(
      logs([fact('task.created', START, { project_id: 'p1' }), fact('task.created', START, { project_id: 'p2' })]),
    )
    await h.consume(logs([fact('task.created', START, { project_id: 'p1' }), fact('agent.silent', START)]))
    await h.clock.advance(15_000)
    expect(readings(h)).toMatchObject({
      'marcus.events{event.name=task.created,marcus.project.id=p1}': 2,
      'marcus.events{event.name=task.created,marcus.project.id=p2}': 1,
      'marcus.events{event.name=agent.silent}': 1,
    })
  })

  it('counts what comes after the last series under one more', async () => {
    const h = await start({ max_series: 1 })
    await h.consume(logs(['a.b', 'c.d', 'e.f'].map((type) => fact(type, START))))
    await h.clock.advance(15_000)
    expect(readings(h)).toMatchObject({
      'marcus.events{event.name=a.b}': 1,
      'marcus.events{otel.metric.overflow=true}': 2,
    })
  })

  it('forgets events as they leave the window', async () => {
    const h = await start({ windows: ['1m', '5m'] })
    await h.consume(logs([fact('a.b', START - 200_000), fact('a.b', START)]))
    await h.clock.advance(15_000)
    expect(readings(h)).toMatchObject({
      'marcus.events.recent{event.name=a.b,window.seconds=60}': 1,
      'marcus.events.recent{event.name=a.b,window.seconds=300}': 2,
    })
    await h.clock.advance(90_000)
    expect(readings(h)['marcus.events.recent{event.name=a.b,window.seconds=60}']).toBeUndefined()
  })

  it('measures from request to assignment, through a task, and through a blocker', async () => {
    const h = await start()
    await h.consume(
      logs([
        fact('agent.work.requested', START, { agent_id: 'ana' }),
        fact('task.assigned', START + 300, { agent_id: 'ana', task_id: 't' }),
        fact('task.blocked', START + 10_000, { task_id: 't' }),
        fact('task.unblocked', START + 40_000, { task_id: 't' }),
        fact('task.completed', START + 60_300, { agent_id: 'ana', task_id: 't' }),
        fact('task.completed', START + 60_300, { agent_id: 'ben', task_id: 'never assigned' }),
      ]),
    )
    await h.clock.advance(15_000)
    expect(readings(h)).toMatchObject({
      'marcus.task.assignment.duration{}': [1, 0.3],
      'marcus.task.duration{}': [1, 60],
      'marcus.task.blocked.duration{}': [1, 30],
    })
  })

  it.each([
    [0.0999, 'excellent'],
    [0.1, 'good'],
    [0.5, 'good'],
    [0.501, 'acceptable'],
    [2, 'acceptable'],
    [2.001, 'poor'],
    [10, 'poor'],
    [10.01, 'critical'],
  ])('calls a p95 of %d s %s', async (seconds, level) => {
    const h = await start()
    const calls = Array.from({ length: 50 }, () =>
      fact('mcp.tool.called', START, { tool: 'x', duration_ms: seconds * 1_000, ok: true }),
    )
    await h.consume(logs(calls))
    await h.clock.advance(15_000)
    const found = notices(h).find((record) => record.attributes.get('marcus.path') === 'tool call')!
    expect(found.attributes.get('marcus.level')).toBe(level)
    expect(found.severity).toBe(level === 'critical' ? 21 : level === 'poor' ? 13 : 9)
  })

  it('says a band once, and again when it changes', async () => {
    const h = await start({ latency_window: '1m' })
    const call = (seconds: number) =>
      logs([fact('mcp.tool.called', START, { tool: 'x', duration_ms: seconds * 1_000, ok: true })])
    const changes = () =>
      notices(h)
        .filter((record) => record.attributes.get('marcus.path') === 'tool call')
        .map((record) => ['old_level', 'level'].map((key) => record.attributes.get(`marcus.${key}`)))
    await h.consume(call(0.01))
    await h.clock.advance(30_000)
    expect(changes()).toEqual([[null, 'excellent']])
    await h.clock.advance(60_000)
    await h.consume(call(3))
    await h.clock.advance(15_000)
    expect(changes().slice(1)).toEqual([['excellent', 'poor']])
  })

  it.each([
    [49, 'low'],
    [50, 'normal'],
    [500, 'normal'],
    [501, 'high'],
    [2_000, 'high'],
    [2_001, 'critical'],
  ])('calls %d events an hour %s', async (n, level) => {
    const h = await start()
    const hour = 3_600_000
    await h.consume(logs([fact('agent.registered', START - 2 * hour, { agent_id: 'ana' })]))
    // All in one minute, so that a full hour after it they are the last hour's.
    await h.consume(logs(Array.from({ length: n }, () => fact('task.created', START))))
    await h.clock.advance(30_000)
    const levels = said(h).filter(([type]) => type === 'insight.volume.level')
    expect(levels.at(-1)).toEqual(['insight.volume.level', level])
  })

  it('fires when an error budget burns, and resolves when it no longer does', async () => {
    const h = await start({
      slos: [
        {
          name: 's',
          objective: 0.9,
          total: 'type == "task.completed" or type == "task.recovered"',
          good: 'type == "task.completed"',
        },
      ],
    })
    const send = (type: string, n: number) =>
      h.consume(logs(Array.from({ length: n }, () => fact(type, h.clock.now(), { task_id: 't' }))))
    await send('task.completed', 20)
    await h.clock.advance(15_000)
    expect(said(h).filter(([type]) => type === 'alert.fired')).toEqual([])
    await send('task.recovered', 80)
    await h.clock.advance(15_000)
    expect(
      said(h)
        .filter(([type]) => type === 'alert.fired')
        .map(([, labels]) => labels),
    ).toEqual([
      { slo: 's', speed: 'medium' },
      { slo: 's', speed: 'slow' },
    ])
    expect(readings(h)).toMatchObject({
      'marcus.slo.ratio{slo=s}': 0.2,
      'marcus.slo.burn_rate{slo=s,alert=fast}': expect.closeTo(8) as number,
    })
    await h.clock.advance(40 * 60_000)
    expect(
      said(h)
        .filter(([type]) => type === 'alert.resolved')
        .map(([, labels]) => labels),
    ).toEqual([{ slo: 's', speed: 'medium' }])
  })

  it('judges an objective by a duration', async () => {
    const h = await start({
      slos: [{ name: 'quick', objective: 0.5, duration: 'marcus.task.duration', threshold: '10s' }],
    })
    await h.consume(
      logs(
        [5, 60, 6].flatMap((seconds, i) => [
          fact('task.assigned', START, { task_id: `t${i}` }),
          fact('task.completed', START + seconds * 1_000, { task_id: `t${i}` }),
        ]),
      ),
    )
    await h.clock.advance(15_000)
    expect(Number((readings(h)['marcus.slo.ratio{slo=quick}'] as number).toFixed(3))).toBe(0.667)
  })

  it('goes on counting after a restart, with what was open', async () => {
    const storage = memoryStore()
    const first = await start({}, storage)
    await first.consume(logs([fact('task.assigned', START, { task_id: 't' })]))
    await first.stop()
    const second = await start({}, storage, START + 60_000)
    await second.consume(logs([fact('task.completed', START + 30_000, { task_id: 't' })]))
    await second.clock.advance(15_000)
    expect(readings(second)).toMatchObject({
      'marcus.events{event.name=task.assigned}': 1,
      'marcus.events{event.name=task.completed}': 1,
      'marcus.task.duration{}': [1, 30],
    })
  })

  it('emits events that the catalogue knows, and none when nothing changed', async () => {
    const h = await start()
    await h.clock.advance(60_000)
    expect(notices(h)).toEqual([])
    expect(eventType('insight.latency.level')?.category).toBe('analysis')
  })

  it.each<[object, string]>([
    [{ name: 'x', objective: 0.9 }, "takes either 'duration' and 'threshold', or 'total' and 'good'"],
    [{ name: 'x', objective: 0.9, duration: 'nope', threshold: '1s' }, "there is no duration 'nope'"],
    [{ name: 'x', objective: 0.9, total: 'type ==', good: 'true' }, 'slos.0.total'],
  ])('refuses %j', async (slo, message) => {
    await expect(harness(eventMetrics, { slos: [slo] })).rejects.toThrow(message)
  })
})
