import { logs, spans } from 'seneca-collector'
import type { Batch, LogRecord, SpanInit, SpanRecord } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import semanticConventions from './index.ts'

const changed = async (init: SpanInit, options: unknown = {}): Promise<SpanRecord> => {
  const h = await harness(semanticConventions, options)
  await h.consume(spans([init]))
  return Array.from(h.batches[0] as Batch<'traces'>)[0]!
}
const attributes = (record: SpanRecord | LogRecord) => Object.fromEntries(record.attributes)

const attempt: SpanInit = {
  name: 'Build it',
  kind: 1,
  attributes: {
    'seneca.task.attempt': 1,
    'marcus.agent.id': 'agent-ana',
    'marcus.agent.name': 'Ana',
    'marcus.task.id': 't1',
  },
}

describe('semantic_conventions', () => {
  for (const check of conformance(semanticConventions, { folder: import.meta.dirname })) it(check.name, check.run)

  it('calls an attempt an agent that is invoked', async () => {
    const span = await changed(attempt)
    expect(span.name).toBe('invoke_agent Ana')
    expect(attributes(span)).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'Ana',
      'gen_ai.agent.id': 'agent-ana',
      'gen_ai.conversation.id': 't1',
      'marcus.agent.id': 'agent-ana',
    })
  })

  it('names an agent by its id where it has no name, and moves attributes when told not to keep them', async () => {
    const span = await changed({ attributes: { 'seneca.task.attempt': 1, 'marcus.agent.id': 'a' } }, { keep: false })
    expect([span.name, span.attributes.get('gen_ai.agent.id'), span.attributes.has('marcus.agent.id')]).toEqual([
      'invoke_agent a',
      'a',
      false,
    ])
  })

  it.each([
    ['1.41.0', 'gen_ai.workflow.name'],
    ['genai-0.1.0', 'gen_ai.agent.name'],
  ])('names a workflow as %s does', async (version, key) => {
    const span = await changed(
      { attributes: { 'seneca.task.attempts': 2, 'marcus.task.name': 'Build it' } },
      { version },
    )
    expect([span.name, span.attributes.get(key)]).toEqual(['invoke_workflow Build it', 'Build it'])
  })

  it('calls a tool call by the method of MCP, and says that it failed', async () => {
    const span = await changed({
      name: 'tools/call ping',
      kind: 3,
      attributes: { 'marcus.tool': 'ping' },
      status: { code: 2 },
    })
    expect([span.name, span.kind]).toEqual(['tools/call ping', 3])
    expect(attributes(span)).toMatchObject({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'ping',
      'error.type': 'tool_error',
    })
  })

  it('says what a model call used', async () => {
    const h = await harness(semanticConventions, {})
    await h.consume(
      logs([{ eventName: 'cost.recorded', attributes: { 'marcus.model': 'm', 'marcus.input_tokens': 7 } }]),
    )
    const [record] = h.records() as LogRecord[]
    expect(record!.eventName).toBe('gen_ai.client.inference.operation.details')
    expect(attributes(record!)).toMatchObject({ 'gen_ai.request.model': 'm', 'gen_ai.usage.input_tokens': 7 })
  })

  it('hands on what has no name there as it came', async () => {
    const h = await harness(semanticConventions, {})
    const input = spans([{ name: 'x' }])
    await h.consume(input)
    expect(h.batches[0]).toBe(input)
  })
})
