/**
 * Log files as appended lines. JSON lines come at their own timestamp (never before the line above), text lines where
 * text-log.ts puts them; other files under `logs/` and `data/` appear whole, when their content says they were made.
 */
import { parseLine, type Json } from './json.ts'
import { parseInstant, parseStamp, type Micros } from './instant.ts'
import type { Boot } from './boots.ts'
import type { Call } from './calls.ts'
import type { Recording } from './recording.ts'
import type { Step } from './step.ts'
import { textLogTimes } from './text-log.ts'

/** Lines with their newline; a last line without one stays without. */
export const splitLines = (bytes: Buffer): Buffer[] => {
  const lines: Buffer[] = []
  for (let from = 0; from < bytes.length;) {
    const newline = bytes.indexOf(10, from)
    const to = newline === -1 ? bytes.length : newline + 1
    lines.push(bytes.subarray(from, to))
    from = to
  }
  return lines
}

const append = (path: string, lines: readonly Buffer[], times: readonly Micros[]): Step[] =>
  lines.map((bytes, index) => ({ at: times[index]!, kind: 'append', path, bytes }))

const jsonLines = (recording: Recording, path: string, start: Micros): Step[] => {
  const lines = splitLines(recording.bytes(path))
  let latest = Math.max(start, Math.min(parseStamp(path) ?? start, parseInstant(firstTimestamp(lines)) ?? start))
  const times = lines.map((line) => {
    latest = Math.max(latest, parseInstant(parseLine(line.toString('utf8'))?.['timestamp']) ?? latest)
    return latest
  })
  return append(path, lines, times)
}

const firstTimestamp = (lines: readonly Buffer[]): unknown => {
  for (const line of lines.slice(0, 100)) {
    const timestamp = parseLine(line.toString('utf8'))?.['timestamp']
    if (typeof timestamp === 'string') return timestamp
  }
  return undefined
}

/** When cards were taken back, from the comments Marcus put on them and from the watcher. */
const recoveries = (recording: Recording): Map<string, Micros[]> => {
  const times = new Map<string, Micros[]>()
  const comments =
    recording.database('data/kanban.db', (db) =>
      db.prepare('SELECT task_id, content, created_at FROM comments ORDER BY created_at').all(),
    ) ?? []
  for (const row of comments) {
    const agent = /RECOVERED FROM AGENT ([^\s*]+)/.exec(String(row['content']))?.[1]
    const at = parseInstant(row['created_at'])
    if (agent === undefined || at === undefined) continue
    const key = `${String(row['task_id'])} ${agent}`
    times.set(key, [...(times.get(key) ?? []), at])
  }
  return times
}

const textLogs = (
  recording: Recording,
  boots: readonly Boot[],
  calls: readonly Call[],
  start: Micros,
  end: Micros,
): Step[] => {
  const paths = recording.files.filter((path) => /^logs\/[^/]+\.log$/.test(path))
  const recoveryTimes = recoveries(recording)
  return paths.flatMap((path, index) => {
    const boot = boots[Math.min(index, boots.length - 1)]
    const startedAt = Math.max(start, Math.min(parseStamp(path) ?? start, boot?.startedAt ?? Infinity))
    const endedAt = Math.min(boot?.downAt ?? end, end)
    const callTimes = calls.flatMap(({ sentAt }) => (sentAt >= startedAt && sentAt <= endedAt ? [sentAt] : []))
    const lines = splitLines(recording.bytes(path))
    const texts = lines.map((line) => line.toString('utf8').trimEnd())
    return append(path, lines, textLogTimes(texts, { startedAt, endedAt, callTimes, recoveryTimes }))
  })
}

const madeAt = (content: Json | undefined, path: string): Micros | undefined =>
  parseInstant(content?.['timestamp'] ?? content?.['created_at'] ?? content?.['captured_at']) ?? parseStamp(path)

/** Paths that other modules build. */
const BUILT =
  /^data\/(kanban\.db|marcus\.db|assignments\/|marcus_state\/(projects|subtasks)\.json|project_history\/[^/]+\/(decisions|artifacts)\.json)/

export const logSteps = (
  recording: Recording,
  boots: readonly Boot[],
  calls: readonly Call[],
  start: Micros,
  end: Micros,
): readonly Step[] => {
  const mine = recording.files.filter(
    (path) => /^(logs|data)\//.test(path) && !BUILT.test(path) && !/-(wal|shm)$/.test(path),
  )
  const jsonl = mine.filter((path) => path.endsWith('.jsonl')).flatMap((path) => jsonLines(recording, path, start))
  const others = mine
    .filter((path) => !path.endsWith('.jsonl') && !/^logs\/[^/]+\.log$/.test(path))
    .map((path): Step => {
      const at = Math.min(Math.max(madeAt(recording.json(path), path) ?? end, start), end)
      return { at, kind: 'replace', path, text: recording.bytes(path).toString('utf8') }
    })
  return [...jsonl, ...textLogs(recording, boots, calls, start, end), ...others]
}
