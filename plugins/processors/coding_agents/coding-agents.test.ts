import { logs } from 'seneca-collector'
import type { LogBatch, LogInit, LogRecord, Value } from 'seneca-collector'
import { event, eventType, traceIdOf } from 'seneca-collector/events'
import { conformance, harness, memoryStore } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import codingAgents from './index.ts'

const claude = (init: LogInit, resource: Record<string, Value> = {}) =>
  logs([{ time: 5n, ...init }], { resource: { attributes: { 'service.name': 'claude-code', ...resource } } })

const assigned = (taskId: string, agentId: string) =>
  event({
    type: 'task.assigned',
    id: `a-${taskId}`,
    source: 'marcus_logs',
    time: 1n,
    traceId: traceIdOf(taskId),
    data: { task_id: taskId, agent_id: agentId, task_name: `Build ${taskId}`, project_id: 'p1' },
  })

const run = async (batches: readonly LogBatch[], options: unknown = {}): Promise<LogRecord[]> => {
  const h = await harness(codingAgents, options)
  for (const batch of batches) await h.consume(batch)
  return h.records() as LogRecord[]
}

describe('coding_agents', () => {
  for (const check of conformance(codingAgents, { folder: import.meta.dirname })) it(check.name, check.run)

  it.each<[string, LogInit, string]>([
    [
      'the field, when it is a full name',
      { eventName: 'claude_code.x', attributes: { 'event.name': 'y' } },
      'claude_code.x',
    ],
    ['a short attribute, with the prefix', { attributes: { 'event.name': 'tool_result' } }, 'claude_code.tool_result'],
    ['a full attribute', { eventName: 'z', attributes: { 'event.name': 'claude_code.y' } }, 'claude_code.y'],
    ['the body, when it is a name', { body: 'claude_code.user_prompt' }, 'claude_code.user_prompt'],
    ['a short field', { eventName: 'user_prompt', body: 'Hello there.' }, 'claude_code.user_prompt'],
    ['nothing, where nothing says', { body: 'Hello there.' }, ''],
  ])('names an event by %s', async (_, init, name) => {
    const [record] = await run([claude(init)])
    expect(record!.eventName).toBe(name)
  })

  it.each([
    ['codex_cli_rs', '', 'codex.user_prompt'],
    ['gemini-cli', '', 'gemini_cli.user_prompt'],
    ['my-wrapper', 'com.anthropic.claude_code.events', 'claude_code.user_prompt'],
  ])('knows %s with scope %j', async (service, scope, name) => {
    const batch = logs([{ attributes: { 'event.name': 'user_prompt' } }], {
      resource: { attributes: { 'service.name': service } },
      scope: { name: scope },
    })
    expect((await run([batch]))[0]!.eventName).toBe(name)
  })

  it('derives a tool call and what a model call cost, as the catalogue describes them', async () => {
    const records = await run([
      claude(
        {
          attributes: {
            'event.name': 'tool_result',
            tool_name: 'Bash',
            success: 'false',
            duration_ms: '120',
            error: 'x',
            'session.id': 's',
          },
        },
        { 'marcus.agent.id': 'ana' },
      ),
      claude({
        attributes: {
          'event.name': 'api_request',
          model: 'm',
          input_tokens: 10,
          output_tokens: '4',
          cost_usd: 0.5,
          'session.id': 's',
        },
      }),
    ])
    const seen = records.filter((record) => eventType(record.eventName) !== undefined)
    expect(
      seen.map((record) => [
        record.eventName,
        ...['tool', 'duration_ms', 'ok', 'error', 'model', 'input_tokens', 'output_tokens', 'cost_usd'].map((key) =>
          record.attributes.get(`marcus.${key}`),
        ),
        record.attributes.get('marcus.agent.id'),
      ]),
    ).toEqual([
      ['mcp.tool.called', 'Bash', 120, false, 'x', undefined, undefined, undefined, undefined, 'ana'],
      ['cost.recorded', undefined, undefined, undefined, undefined, 'm', 10, 4, 0.5, 'ana'],
    ])
  })

  it('gives what it derives the same id whenever the record comes', async () => {
    const call = () =>
      claude({ attributes: { 'event.name': 'tool_result', tool_name: 'Bash', 'session.id': 's', 'event.sequence': 3 } })
    const ids = (await run([call(), call()])).flatMap((record) => record.attributes.get('log.record.uid') ?? [])
    expect(ids).toHaveLength(2)
    expect(ids[0]).toBe(ids[1])
  })

  it('counts only the end of a stream as a model call', async () => {
    const codex = (kind: string) =>
      logs([
        {
          time: 1n,
          attributes: {
            'event.name': 'codex.sse_event',
            'event.kind': kind,
            model: 'm',
            input_token_count: 7,
            output_token_count: 2,
          },
        },
      ])
    const names = (await run([codex('response.created'), codex('response.completed')])).map(
      ({ eventName }) => eventName,
    )
    expect(names).toEqual(['codex.sse_event', 'codex.sse_event', 'cost.recorded'])
  })

  const joined = (record: LogRecord) =>
    ['marcus.agent.id', 'marcus.task.id', 'marcus.task.name', 'marcus.project.id'].map((key) =>
      record.attributes.get(key),
    )
  const prompt = (session: string, more: LogInit = {}, resource = {}) =>
    claude({ ...more, attributes: { 'event.name': 'user_prompt', 'session.id': session } }, resource)

  it('joins a session to the task of its agent, once one record has said whose it is', async () => {
    const records = await run([
      logs([assigned('t1', 'ana')]),
      prompt('s1', {}, { 'marcus.agent.id': 'ana' }),
      prompt('s1'),
      prompt('s2'),
      logs([
        event({
          type: 'task.completed',
          id: 'c',
          source: 'marcus_logs',
          time: 2n,
          data: { task_id: 't1', by: 'agent' },
        }),
      ]),
      prompt('s1'),
    ])
    const prompts = records.filter(({ eventName }) => eventName === 'claude_code.user_prompt')
    expect(prompts.map(joined)).toEqual([
      ['ana', 't1', 'Build t1', 'p1'],
      ['ana', 't1', 'Build t1', 'p1'],
      [undefined, undefined, undefined, undefined],
      ['ana', undefined, undefined, undefined],
    ])
  })

  it('joins by the trace of a task, and remembers the session', async () => {
    const records = await run([logs([assigned('t1', 'ana')]), prompt('s1', { traceId: traceIdOf('t1') }), prompt('s1')])
    expect(records.slice(1).map((record) => joined(record)[0])).toEqual(['ana', 'ana'])
  })

  it('knows after a restart what it knew before', async () => {
    const storage = memoryStore()
    const first = await harness(codingAgents, {}, { storage })
    await first.consume(logs([assigned('t1', 'ana')]))
    await first.consume(prompt('s1', {}, { 'marcus.agent.id': 'ana' }))
    const second = await harness(codingAgents, {}, { storage })
    await second.consume(prompt('s1'))
    expect(joined(second.records()[0] as LogRecord)).toEqual(['ana', 't1', 'Build t1', 'p1'])
  })

  it('hands on what is not a coding agent’s as it came', async () => {
    const h = await harness(codingAgents, {})
    const input = logs([assigned('t1', 'ana'), { body: 'x' }])
    await h.consume(input)
    expect(h.batches[0]).toBe(input)
  })
})
