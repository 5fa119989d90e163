/** Schemas in files, named by paths with `*`. */
import { globSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { CollectorError } from '../kit/errors.ts'
import { parseSchema, type RegisteredSchema } from './definition.ts'

export const readSchemaFile = (path: string): RegisteredSchema => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CollectorError('not_found', `${path} cannot be read: ${(error as Error).message}`)
  }
  return parseSchema(text, basename(path).replace(/(\.schema)?\.json$/, ''), path)
}

/** In the order of their names. A pattern that no file matches is an error: it is most often a slip. */
export const readSchemaFiles = (patterns: readonly string[], folder: string): readonly RegisteredSchema[] => {
  const paths = patterns.flatMap((pattern) => {
    const found = globSync(pattern, { cwd: folder }).map((path) => resolve(folder, path))
    if (found.length === 0) throw new CollectorError('not_found', `no file matches ${resolve(folder, pattern)}`)
    return found
  })
  return [...new Set(paths)].toSorted().map(readSchemaFile)
}
