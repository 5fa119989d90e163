/** What is saved beside the derived state, in the same commit: how far each source has been read. */
import type { Store } from 'seneca-collector'
import type { FilePosition } from 'seneca-collector/tail'
import type { RowPosition } from './sources/row-cursor.ts'
import type { Change } from './domain/table.ts'

const FILE = 'position/file/'
const TABLE = 'position/table/'

const decode = (value: Uint8Array): unknown => JSON.parse(Buffer.from(value).toString('utf8'))
const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

export const loadFilePositions = (store: Store): FilePosition[] =>
  [...store.entries(FILE)].map(([, value]) => decode(value) as FilePosition)

export const loadTablePosition = (store: Store, table: string): RowPosition | undefined => {
  const value = store.get(TABLE + table)
  return value === undefined ? undefined : (decode(value) as RowPosition)
}

export interface TablePosition {
  /** Name and path. */
  readonly table: string
  readonly position: RowPosition
}

/** Only what has changed since the last call is written. */
export const createPositions = (): {
  changes(files: readonly FilePosition[], tables: readonly TablePosition[]): Change[]
} => {
  const saved = new Map<string, string>()
  const changed = (key: string, value: unknown): Change[] => {
    const text = JSON.stringify(value)
    if (saved.get(key) === text) return []
    saved.set(key, text)
    return [[key, encode(value)]]
  }
  return {
    changes: (files, tables) => {
      const keys = new Set(files.map(({ key }) => FILE + key))
      const gone = [...saved.keys()].filter((key) => key.startsWith(FILE) && !keys.has(key))
      for (const key of gone) saved.delete(key)
      return [
        ...gone.map((key): Change => [key, undefined]),
        ...files.flatMap((position) => changed(FILE + position.key, position)),
        ...tables.flatMap(({ table, position }) => changed(TABLE + table, position)),
      ]
    },
  }
}
