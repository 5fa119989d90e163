/**
 * The records this receiver makes.
 *
 *   mcp.tool.result           {tool, ok, duration_ms, error?}         body: the answer as it came
 *   mcp.resource.updated      {uri, mime_type?}                       body: what the resource holds
 *   mcp.notification.received {method}                                body: its parameters
 *   mcp.connection.opened · .lost · .restored   {peer, transport, era?, reason?, outage_seconds?}
 *   system.error              {tool, message, code?}                  a tool or an answer failed
 */
import { asValue, logs } from 'seneca-collector'
import type { LogBatch, Value, ValueMap } from 'seneca-collector'
import type { McpEvent, McpNotification, ResourceContent, ToolAnswer } from 'seneca-collector/mcp'
import { withoutContent } from './content.ts'
import { recordMaker } from './record.ts'
import type { MakeRecord, RecordInit } from './record.ts'

type ConnectionChange = Exclude<McpEvent, { readonly kind: 'failed' }>

export interface Records {
  answer(answer: ToolAnswer, split: string | undefined): LogBatch
  failure(tool: string, message: string, code: string | undefined): LogBatch
  notification(notification: McpNotification): LogBatch
  resource(content: ResourceContent): LogBatch
  connection(change: ConnectionChange): LogBatch
}

type Clean = (value: unknown) => Value

/** The server says what is, not since when. */
const observed = { timeIsObserved: true }

/** A value at a dotted path, when it is a list. */
const listAt = (value: Value, path: string): readonly Value[] | undefined => {
  let found: Value | undefined = value
  for (const key of path.split('.'))
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, key) ? (found as ValueMap)[key] : undefined
  return Array.isArray(found) ? (found as readonly Value[]) : undefined
}

const parsed = (text: string, mimeType: string | undefined): unknown => {
  if (mimeType?.includes('json') !== true) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const answerEvent = (answer: ToolAnswer): RecordInit => ({
  type: 'mcp.tool.result',
  atMs: answer.answeredAt,
  severity: answer.ok ? 'debug' : 'warning',
  data: {
    tool: answer.tool,
    ok: answer.ok,
    duration_ms: Math.round(answer.durationMs),
    error: answer.failure?.message,
    malformed: answer.malformed,
  },
  ...observed,
})

const iso = (ms: number): string => new Date(ms).toISOString()

const connectionEvent = (change: ConnectionChange, clean: Clean): RecordInit => {
  const data = { peer: change.peer, transport: change.transport, era: change.era ?? null }
  const metadata = {
    ...(change.protocolVersion === undefined ? {} : { protocol_version: change.protocolVersion }),
    ...(change.server === undefined ? {} : { server: change.server.name, server_version: change.server.version }),
  }
  const shared = { type: `mcp.connection.${change.kind}`, atMs: change.at, metadata }
  switch (change.kind) {
    case 'opened':
      return { ...shared, data }
    case 'lost':
      return {
        ...shared,
        data: { ...data, reason: clean(change.reason) },
        metadata: { ...metadata, last_seen: iso(change.lastSeen) },
      }
    case 'restored':
      // What the server did in the gap was not seen.
      return {
        ...shared,
        data: { ...data, outage_seconds: change.outageSeconds },
        timeRange: [iso(change.gap.from), iso(change.gap.to)],
      }
  }
  return change satisfies never
}

const resourceEvent = ({ uri, mimeType, text, blob }: ResourceContent, atMs: number, clean: Clean): RecordInit => ({
  type: 'mcp.resource.updated',
  atMs,
  data: { uri, mime_type: mimeType },
  body: text === undefined ? (blob ?? null) : clean(parsed(text, mimeType)),
  ...observed,
})

const answerBatch = (make: MakeRecord, answer: ToolAnswer, split: string | undefined, clean: Clean): LogBatch => {
  const value = clean(answer.value)
  const items = (split === undefined ? undefined : listAt(value, split)) ?? [value]
  const shared = answerEvent(answer)
  return logs(items.map((body) => make({ ...shared, body })))
}

export const recordsOf = (source: string, now: () => number, includeContent: boolean): Records => {
  const make = recordMaker(source, now)
  const clean: Clean = (value) => (includeContent ? asValue(value) : withoutContent(asValue(value)))
  const event = (init: RecordInit): LogBatch => logs([make(init)])
  return {
    answer: (answer, split) => answerBatch(make, answer, split, clean),
    failure: (tool, message, code) =>
      event({
        type: 'system.error',
        atMs: now(),
        severity: 'error',
        data: { tool, message: clean(message), code },
        ...observed,
      }),
    notification: ({ method, params }) =>
      event({
        type: 'mcp.notification.received',
        atMs: now(),
        data: { method },
        body: clean(params),
        ...observed,
      }),
    resource: (content) => event(resourceEvent(content, now(), clean)),
    connection: (change) => event(connectionEvent(change, clean)),
  }
}
