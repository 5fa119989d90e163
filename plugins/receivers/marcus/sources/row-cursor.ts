/**
 * How far a table has been read: the number of its last row, and what tells that row from another. Marcus's data may be
 * thrown away and begun anew: then another database lies in the same place, and is read from its first row. Numbers only
 * grow; a row that Marcus has replaced since is missing, and its successor has a higher number.
 */
import { numberOf, textOf, type Fields } from '../parse/fields.ts'
import type { Database, Query } from './database.ts'

export interface RowPosition {
  readonly row: number
  /** Empty when it is not known. */
  readonly mark: string
}

export interface RowCursor {
  position: RowPosition
  /** The number of the row to go on after; asked at the beginning of each look. */
  last(query: Query): number
  /** A row that was read: its number, and its columns with `mark` among them. */
  read(number: number, row: Fields): void
}

export interface CursorOptions {
  readonly table: string
  /** The column that numbers its rows. */
  readonly number: string
  /** An SQL expression that tells rows of one number apart; sources select it as `mark`. */
  readonly mark: string
}

const START: RowPosition = { row: 0, mark: '' }

export const createCursor = (database: Database, { table, number, mark }: CursorOptions): RowCursor => {
  let position = START
  let identity: string | undefined

  const isAnother = (query: Query): boolean => {
    const newest = numberOf(query(`SELECT max(${number}) AS newest FROM ${table}`)[0]?.['newest']) ?? 0
    if (newest < position.row) return true
    const found = query(`SELECT ${mark} AS mark FROM ${table} WHERE ${number} = ?`, position.row)[0]
    return found !== undefined && position.mark !== '' && textOf(found['mark']) !== position.mark
  }

  return {
    get position() {
      return position
    },
    set position(saved) {
      position = saved
      identity = undefined
    },
    last: (query) => {
      if (database.identity !== identity && position.row > 0 && isAnother(query)) position = START
      identity = database.identity
      return position.row
    },
    read: (row, fields) => {
      position = { row, mark: textOf(fields['mark']) ?? '' }
    },
  }
}
