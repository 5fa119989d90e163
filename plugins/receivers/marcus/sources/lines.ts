/**
 * Lines of log files into observations. Which rules read a line follows from the file's name. A line that is no JSON, no
 * UTF-8, too long or known to no rule is counted, passed on as far as it can be, and stops nothing.
 */
import { isUtf8 } from 'node:buffer'
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { microsOf, stampOf } from '../micros.ts'
import type { Parsed, SourceName } from '../observation.ts'
import { parseAuditLine } from '../parse/audit.ts'
import { parseConversationLine } from '../parse/conversations.ts'
import { isFields, type Fields } from '../parse/fields.ts'
import { parseAgentEventLine, parseRealtimeLine } from '../parse/realtime.ts'
import { parseTextLine } from '../parse/text-log.ts'
import { safeRecord } from './safe-record.ts'
import { countKind, type Sink } from './sink.ts'

const jsonRules: Partial<Record<SourceName, (line: Fields) => readonly Parsed[] | undefined>> = {
  realtime: parseRealtimeLine,
  conversations: parseConversationLine,
  agent_events: parseAgentEventLine,
  audit: parseAuditLine,
}

/** Which source a log file is; undefined: it is not read. */
export const sourceOfFile = (path: string): SourceName | undefined => {
  const name = basename(path)
  if (name.startsWith('realtime_')) return 'realtime'
  if (name.startsWith('conversations_')) return 'conversations'
  if (name.startsWith('agent_events_')) return 'agent_events'
  if (name.startsWith('audit_')) return 'audit'
  return name.endsWith('.log') ? 'text_log' : undefined
}

/** The best that is known of a line without a time, long after: when its file was begun, or ended. */
const fileTime = (path: string, sink: Sink): number => {
  const stamp = stampOf(basename(path))
  if (stamp !== undefined) return stamp
  try {
    return Math.floor(statSync(path).mtimeMs * 1_000)
  } catch {
    return sink.now()
  }
}

export interface Line {
  readonly path: string
  readonly offset: number
  readonly bytes: Uint8Array
  readonly truncated: boolean
}

const RECORD_TEXT_MAX = 2_000

export const readLine = (line: Line, sink: Sink, includeContent: boolean): void => {
  const source = sourceOfFile(line.path)
  if (source === undefined) return
  const file = basename(line.path)
  const counters = sink.counters(source)
  const ref = `${file}:${line.offset}`
  counters.read++

  const passOn = (reason: string, record: unknown, at: number | undefined): void => {
    counters[reason === 'unknown' ? 'unmapped' : 'malformed']++
    const safe = safeRecord(record, includeContent)
    const fallback = sink.history() ? fileTime(line.path, sink) : sink.now()
    const untimed = at === undefined ? { untimed: true } : {}
    sink.push({ kind: 'unmapped', file, reason, record: safe, at: at ?? fallback, source, ref, ...untimed })
  }

  const text = Buffer.from(line.bytes.buffer, line.bytes.byteOffset, line.bytes.byteLength).toString('utf8').trimEnd()
  if (source === 'text_log') {
    readTextLine(text, { sink, path: line.path, file, ref, includeContent })
    return
  }
  if (text === '') return
  if (line.truncated) return passOn('too_long', text.slice(0, RECORD_TEXT_MAX), undefined)
  if (!isUtf8(line.bytes)) return passOn('not_utf8', text.slice(0, RECORD_TEXT_MAX), undefined)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return passOn('not_json', text.slice(0, RECORD_TEXT_MAX), undefined)
  }
  if (!isFields(json)) return passOn('not_an_object', json, undefined)
  const at = microsOf(json['timestamp'])
  let parsed: readonly Parsed[] | undefined
  try {
    parsed = jsonRules[source]?.(json)
  } catch {
    parsed = undefined
  }
  if (parsed === undefined) return passOn('unknown', json, at)
  for (const fact of parsed) {
    if (fact.kind === 'housekeeping') countKind(counters, fact.name)
    else if (at === undefined) passOn('no_time', json, undefined)
    else sink.push({ ...fact, at, source, ref })
  }
}

interface TextContext {
  readonly sink: Sink
  readonly path: string
  readonly file: string
  readonly ref: string
  readonly includeContent: boolean
}

/** The text log has no times: afterwards a line is as old as what stands in it, or as its file. */
const readTextLine = (text: string, { sink, path, file, ref, includeContent }: TextContext): void => {
  const counters = sink.counters('text_log')
  const { parsed, notBefore } = parseTextLine(text.length > RECORD_TEXT_MAX ? text.slice(0, RECORD_TEXT_MAX) : text)
  if (parsed.kind === 'housekeeping') {
    countKind(counters, parsed.name)
    return
  }
  const at = sink.history() ? (notBefore ?? fileTime(path, sink)) : sink.now()
  if (parsed.kind === 'unmapped') {
    counters.unmapped++
    const record = safeRecord(parsed.record, includeContent)
    sink.push({ kind: 'unmapped', file, reason: 'unknown', record, at, source: 'text_log', ref, untimed: true })
  } else sink.push({ ...parsed, at, source: 'text_log', ref, untimed: true })
}
