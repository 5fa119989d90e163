/** Everything that is read of one Marcus, opened at its places. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Places } from '../discovery.ts'
import { fieldsOf, textOf } from '../parse/fields.ts'
import { costSource, kanbanSource, marcusSource, type TableSource } from './boards.ts'
import { openCopy, openLive } from './database.ts'
import type { Sink } from './sink.ts'
import { stateFiles, type StateFiles } from './state-files.ts'

export interface Sources {
  readonly tables: readonly TableSource[]
  readonly files: StateFiles
  poll(): void
  close(): void
}

/** A board may stand elsewhere: the project says where. */
const boardPaths = (data: readonly string[]): string[] => {
  const named = data.flatMap((folder) => {
    try {
      const projects = fieldsOf(JSON.parse(readFileSync(join(folder, 'marcus_state', 'projects.json'), 'utf8')))
      return Object.values(projects).flatMap((project) => {
        const path = textOf(fieldsOf(fieldsOf(project)['provider_config'])['db_path'])
        if (path === undefined) return []
        return [isAbsolute(path) ? path : join(dirname(folder), path)]
      })
    } catch {
      return []
    }
  })
  const usual = data.map((folder) => join(folder, 'kanban.db'))
  const found = [...new Set([...usual, ...named])].filter((path) => existsSync(path))
  return found.length > 0 ? found : usual.slice(0, 1)
}

export const openSources = (places: Places, sink: Sink, includeContent: boolean, history: boolean): Sources => {
  const open = history ? openCopy : openLive
  const marcus = places.data.map((folder) => join(folder, 'marcus.db'))
  const present = marcus.filter((path) => existsSync(path))
  const tables: TableSource[] = [
    ...(present.length > 0 ? present : marcus.slice(0, 1)).map((path) =>
      marcusSource(open(path), sink, includeContent),
    ),
    ...boardPaths(places.data).map((path) => kanbanSource(open(path), sink, includeContent)),
    ...(places.home === undefined ? [] : [costSource(open(join(places.home, 'costs.db')), sink)]),
  ]
  const files = stateFiles(places, sink)
  return {
    tables,
    files,
    poll: () => {
      for (const table of tables) {
        table.poll()
        const { trouble } = table.database
        const counters = sink.counters(table.name)
        if (trouble === undefined) delete counters.trouble
        else counters.trouble = trouble
      }
      files.poll()
    },
    close: () => {
      for (const { database } of tables) database.close()
    },
  }
}
