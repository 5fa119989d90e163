/** A board that lies there will be read, although nothing of it has been judged yet: what only it can tell is waited for. */
import { existsSync } from 'node:fs'
import type { Domain } from './domain/domain.ts'
import type { Sources } from './sources/sources.ts'

export const noteBoard = ({ world }: Domain, sources: Sources | undefined): void => {
  if (world.single['boardThere'] === true) return
  const isThere = sources?.tables.some(({ name, database }) => name === 'kanban' && existsSync(database.path)) ?? false
  if (isThere) world.single['boardThere'] = true
}
