/** JSON files that are replaced whole: read when they have changed. What stands in them is told again and again; the domain knows. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { SourceName } from '../observation.ts'
import { isFields, type Fields } from '../parse/fields.ts'
import {
  parseAssignments,
  parseHistory,
  parseProjects,
  parseService,
  parseSubtasks,
  type Timed,
} from '../parse/state-files.ts'
import { countKind, type Sink } from './sink.ts'

const FILE_BYTES_MAX = 64 * 1024 * 1024
/** Folders of one file per project or process. */
const FILES_MAX = 2_000

export interface StateFiles {
  poll(): void
  /** Processes that service files name. */
  pids(): readonly number[]
}

interface Watched {
  readonly path: string
  readonly source: SourceName
  readonly parse: (content: Fields) => readonly Timed[]
}

const listed = (folder: string): string[] => {
  try {
    return readdirSync(folder).slice(0, FILES_MAX)
  } catch {
    return []
  }
}

export const stateFiles = (
  folders: { readonly data: readonly string[]; readonly home: string | undefined },
  sink: Sink,
): StateFiles => {
  /** Size, time and inode of each file when it was read last. */
  const seen = new Map<string, string>()
  const pids = new Map<string, number>()

  const files = (): Watched[] => [
    ...folders.data.flatMap((data): Watched[] => [
      { path: join(data, 'assignments', 'assignments.json'), source: 'assignments', parse: parseAssignments },
      { path: join(data, 'marcus_state', 'projects.json'), source: 'projects', parse: parseProjects },
      { path: join(data, 'marcus_state', 'subtasks.json'), source: 'subtasks', parse: parseSubtasks },
      ...listed(join(data, 'project_history')).flatMap((project): Watched[] =>
        ['decisions.json', 'artifacts.json'].map((name) => {
          return { path: join(data, 'project_history', project, name), source: 'project_history', parse: parseHistory }
        }),
      ),
    ]),
    ...(folders.home === undefined ? [] : listed(join(folders.home, 'services')))
      .filter((name) => name.endsWith('.json'))
      .map((name): Watched => {
        return { path: join(folders.home ?? '', 'services', name), source: 'services', parse: parseService }
      }),
  ]

  const read = ({ path, source, parse }: Watched): void => {
    let stats
    try {
      stats = statSync(path)
    } catch {
      pids.delete(path)
      return
    }
    const state = `${stats.ino}:${stats.size}:${stats.mtimeMs}`
    if (seen.get(path) === state) return
    const counters = sink.counters(source)
    if (stats.size > FILE_BYTES_MAX) {
      counters.trouble = `${basename(path)} has more than ${FILE_BYTES_MAX} bytes`
      seen.set(path, state)
      return
    }
    let content: unknown
    try {
      content = JSON.parse(readFileSync(path, 'utf8'))
    } catch {
      // Half written, perhaps: looked at again when it has changed.
      if (stats.size > 0) counters.malformed++
      seen.set(path, state)
      return
    }
    seen.set(path, state)
    counters.read++
    if (!isFields(content)) {
      counters.malformed++
      return
    }
    if (source === 'services' && typeof content['pid'] === 'number') pids.set(path, content['pid'])
    for (const { at, fact } of parse(content)) {
      if (at === undefined && sink.history()) countKind(counters, 'without_time')
      else sink.push({ ...fact, at: at ?? sink.now(), source, ref: basename(path) })
    }
  }

  return {
    poll: () => {
      for (const file of files()) read(file)
    },
    pids: () => [...pids.values()],
  }
}
