import { logs } from 'seneca-collector'
import type { Batch, SpanRecord, Value } from 'seneca-collector'
import { event, traceIdOf } from 'seneca-collector/events'
import { conformance, harness, memoryStore } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import taskSpans from './index.ts'

const T0 = 1_795_456_000
const at = (seconds: number): bigint => BigInt(T0 + seconds) * 1_000_000_000n

let made = 0
const fact = (type: string, seconds: number, data: Record<string, Value>, id = `e${made++}`) =>
  event({ type, id, source: 'marcus_logs', time: at(seconds), data })

type Fact = ReturnType<typeof fact>

const start = (storage = memoryStore()) => harness(taskSpans, {}, { outputs: ['traces'], storage })
const feed = async (h: Awaited<ReturnType<typeof start>>, facts: readonly Fact[]): Promise<SpanRecord[]> => {
  const before = h.batches.length
  await h.consume(logs(facts))
  return h.batches.slice(before).flatMap((batch) => Array.from(batch as Batch<'traces'>, (span) => span.keep()))
}
const run = async (facts: readonly Fact[]): Promise<SpanRecord[]> => feed(await start(), facts)

const seconds = (span: SpanRecord): readonly [number, number] => [
  Number(span.startTime / 1_000_000_000n) - T0,
  Number(span.endTime / 1_000_000_000n) - T0,
]
const shown = (span: SpanRecord) => ({
  name: span.name,
  at: seconds(span),
  outcome: span.attributes.get('seneca.task.outcome'),
  status: span.status.code,
})

const assigned = (task: string, agent: string, when: number, id?: string) =>
  fact('task.assigned', when, { task_id: task, agent_id: agent, task_name: `Build ${task}` }, id)
const completed = (task: string, agent: string, when: number) =>
  fact('task.completed', when, { task_id: task, agent_id: agent, by: 'agent' })

describe('task_spans', () => {
  for (const check of conformance(taskSpans, { folder: import.meta.dirname, consumes: true })) it(check.name, check.run)

  it('makes a span of the attempt and one of the task, in the trace of the task', async () => {
    const [attempt, task] = await run([assigned('t1', 'ana', 0), completed('t1', 'ana', 60)])
    expect([attempt, task].map((span) => shown(span!))).toEqual([
      { name: 'Build t1', at: [0, 60], outcome: 'completed', status: 1 },
      { name: 'Build t1', at: [0, 60], outcome: undefined, status: 1 },
    ])
    expect([attempt!.traceId, task!.traceId]).toEqual([traceIdOf('t1'), traceIdOf('t1')])
    expect([attempt!.parentSpanId, task!.parentSpanId]).toEqual([task!.spanId, ''])
    expect([attempt!.attributes.get('marcus.agent.id'), task!.attributes.get('seneca.task.attempts')]).toEqual([
      'ana',
      1,
    ])
  })

  it('ends an attempt as failed when the task is taken back, and links the next one to it', async () => {
    const spans = await run([
      assigned('t1', 'dimi', 0),
      fact('agent.silent', 240, { agent_id: 'dimi', task_id: 't1', silent_seconds: 240, by: 'threshold' }),
      fact('task.recovered', 300, { task_id: 't1', agent_id: 'dimi', recoveries: 1 }),
      assigned('t1', 'ana', 310),
      completed('t1', 'ana', 400),
    ])
    expect(spans.map(shown)).toEqual([
      { name: 'Build t1', at: [0, 300], outcome: 'recovered', status: 2 },
      { name: 'Build t1', at: [310, 400], outcome: 'completed', status: 1 },
      { name: 'Build t1', at: [0, 400], outcome: undefined, status: 1 },
    ])
    const [failed, second] = spans
    expect(failed!.events.map(({ name }) => name)).toEqual(['agent.silent'])
    expect(second!.links.map(({ spanId, attributes }) => [spanId, attributes.get('seneca.link.kind')])).toEqual([
      [failed!.spanId, 'retry'],
    ])
  })

  it('puts the agent’s tool calls below the attempt it works on', async () => {
    const [call, attempt] = await run([
      assigned('t1', 'ana', 0),
      fact('mcp.tool.called', 10, {
        tool: 'log_decision',
        agent_id: 'ana',
        duration_ms: 2_000,
        ok: false,
        error: 'no',
      }),
      fact('mcp.tool.called', 11, { tool: 'ping', agent_id: 'ben', duration_ms: 1, ok: true }),
      completed('t1', 'ana', 60),
    ])
    expect({ ...shown(call!), kind: call!.kind, message: call!.status.message }).toEqual({
      name: 'tools/call log_decision',
      at: [8, 10],
      outcome: undefined,
      status: 2,
      kind: 3,
      message: 'no',
    })
    expect(call!.parentSpanId).toBe(attempt!.spanId)
  })

  it('links to the tasks it depends on, wherever their traces are', async () => {
    const first = await run([assigned('t0', 'ana', 0), completed('t0', 'ana', 5)])
    const [attempt] = await run([
      fact('task.created', 0, {
        task_id: 't1',
        task_name: 'Build t1',
        project_id: 'p',
        priority: 'high',
        depends_on: ['t0'],
      }),
      assigned('t1', 'ana', 10),
      completed('t1', 'ana', 20),
    ])
    expect(attempt!.links.map(({ traceId, spanId }) => [traceId, spanId])).toEqual([
      [first[1]!.traceId, first[1]!.spanId],
    ])
  })

  it('keeps subtasks in the trace of their parent, whose span begins with the first of them', async () => {
    const spans = await run([
      fact('task.created', 0, {
        task_id: 'p1',
        task_name: 'Parent',
        project_id: 'p',
        priority: 'high',
        depends_on: [],
      }),
      assigned('p1_sub_1', 'ana', 5),
      completed('p1_sub_1', 'ana', 9),
      assigned('p1_sub_2', 'ana', 10),
      completed('p1_sub_2', 'ana', 20),
      fact('task.completed', 20, { task_id: 'p1', by: 'subtasks' }),
    ])
    expect(spans.map((span) => [span.name, ...seconds(span)])).toEqual([
      ['Build p1_sub_1', 5, 9],
      ['Build p1_sub_2', 10, 20],
      ['Parent', 5, 20],
    ])
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
    expect(spans[0]!.parentSpanId).toBe(spans[2]!.spanId)
  })

  it('makes the most of a completion whose assignment was never seen', async () => {
    const [attempt] = await run([
      fact('task.completed', 60, { task_id: 't1', agent_id: 'ana', by: 'agent', duration_seconds: 12 }),
    ])
    expect(seconds(attempt!)).toEqual([48, 60])
  })

  it('goes on with open spans after a restart, and says nothing twice when events come again', async () => {
    const storage = memoryStore()
    const events = [
      assigned('t1', 'ana', 0, 'a1'),
      fact('task.blocked', 20, { task_id: 't1', severity: 'high', description: 'x' }, 'b1'),
    ]
    expect(await feed(await start(storage), events)).toEqual([])
    const later = await start(storage)
    expect(later.inspect()).toEqual({ tasks: 1, open: 1 })
    const end = completed('t1', 'ana', 60)
    const spans = await feed(later, [...events, end])
    expect(spans.map(shown)).toHaveLength(2)
    expect(spans[0]!.events.map(({ name }) => name)).toEqual(['task.blocked'])
    expect(await feed(await start(storage), [...events, end])).toEqual([])
    const again = await run([...events, end])
    expect(again.map(({ spanId }) => spanId)).toEqual(spans.map(({ spanId }) => spanId))
  })

  it('hands the batch back when the spans are not taken, and tells them with the same ids', async () => {
    const h = await start()
    await feed(h, [assigned('t1', 'ana', 0)])
    h.follow(() => {
      throw new Error('down')
    })
    const end = completed('t1', 'ana', 60)
    await expect(h.consume(logs([end]))).rejects.toThrow('down')
    h.follow(() => {})
    expect(await feed(h, [end])).toHaveLength(2)
  })
})
