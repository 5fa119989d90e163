/** A tool call and a model call of a coding agent, as the events everything else here understands. */
import type { LogInit, LogRecord, Value } from 'seneca-collector'
import { event, eventId } from 'seneca-collector/events'
import type { Profile } from './profiles.ts'

export interface Subject {
  readonly name: string
  readonly sessionId: string
  /** '' where they are not known. */
  readonly agentId: string
  readonly taskId: string
}

/** Some of them send numbers and booleans as text. */
const numberOf = (value: Value | undefined): number | undefined => {
  if (value === undefined || value === null || value === '' || typeof value === 'boolean') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}
const textOf = (value: Value | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const isTrue = (value: Value | undefined): boolean => value === true || value === 'true'

const make = (
  component: string,
  type: string,
  record: LogRecord,
  { name, sessionId }: Subject,
  data: Readonly<Record<string, Value | undefined>>,
): LogInit => {
  const uid = textOf(record.attributes.get('log.record.uid'))
  const sequence = record.attributes.get('event.sequence')
  const key =
    uid === undefined
      ? [sessionId, name, String(record.time), sequence === undefined ? '' : JSON.stringify(sequence)]
      : [uid]
  return event({
    type,
    id: eventId(component, type, key),
    source: component,
    time: record.time === 0n ? record.observedTime : record.time,
    derived: true,
    evidence: uid === undefined ? [] : [uid],
    ...(record.traceId !== '' && { traceId: record.traceId }),
    data,
  })
}

export const derivedFrom = (
  component: string,
  profile: Profile,
  record: LogRecord,
  subject: Subject,
): readonly LogInit[] => {
  const { toolCall, modelCall } = profile
  const at = (key: string | undefined): Value | undefined =>
    key === undefined ? undefined : record.attributes.get(key)
  const who = { agent_id: subject.agentId || undefined, task_id: subject.taskId || undefined }
  if (toolCall.events.includes(subject.name)) {
    const data = {
      tool: textOf(at(toolCall.tool)) ?? 'unknown',
      agent_id: who.agent_id,
      duration_ms: numberOf(at(toolCall.durationMs)),
      ok: isTrue(at(toolCall.ok)),
      error: textOf(at(toolCall.error)),
    }
    return [make(component, 'mcp.tool.called', record, subject, data)]
  }
  if (!modelCall.events.includes(subject.name)) return []
  if (modelCall.only && at(modelCall.only[0]) !== modelCall.only[1]) return []
  const data = {
    ...who,
    agent_role: 'worker',
    operation: 'model_call',
    model: textOf(at(modelCall.model)) ?? 'unknown',
    input_tokens: numberOf(at(modelCall.inputTokens)) ?? 0,
    output_tokens: numberOf(at(modelCall.outputTokens)) ?? 0,
    cost_usd: numberOf(at(modelCall.costUsd)),
  }
  return [make(component, 'cost.recorded', record, subject, data)]
}
