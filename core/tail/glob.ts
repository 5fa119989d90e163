/**
 * Globs as the OpenTelemetry Collector takes them: `*` and `?` within a name, `**` over any number of folders, `[a-z]`,
 * `[!a]`, `{a,b}`. A pattern is split into a fixed folder and segments, so that only folders that can hold a match are
 * read. Hidden names match like others. `**` does not follow links to folders; a named segment does.
 */
import { readdir } from 'node:fs/promises'
import { isAbsolute, join, resolve, sep } from 'node:path'

export interface Glob {
  /** The folder before the first segment with a wildcard. */
  readonly base: string
  /** `**` as null. */
  readonly segments: readonly (RegExp | null)[]
  readonly matches: (path: string) => boolean
}

const MAX_ALTERNATIVES = 256

/** `a{b,c}d` → `abd`, `acd`; nested braces work. */
const expandBraces = (pattern: string): string[] => {
  const open = pattern.indexOf('{')
  if (open < 0) return [pattern]
  let depth = 0
  let from = open + 1
  const parts: string[] = []
  for (let at = open; at < pattern.length; at++) {
    const char = pattern[at]
    if (char === '{') depth++
    else if (char === ',' && depth === 1) {
      parts.push(pattern.slice(from, at))
      from = at + 1
    } else if (char === '}' && --depth === 0) {
      parts.push(pattern.slice(from, at))
      const [head, tail] = [pattern.slice(0, open), pattern.slice(at + 1)]
      const all = parts.flatMap((part) => expandBraces(head + part + tail))
      if (all.length > MAX_ALTERNATIVES) throw new Error(`the pattern ${pattern} has too many alternatives`)
      return all
    }
  }
  return [pattern]
}

const literal = (char: string): string => char.replace(/[.*+?^${}()|[\]\\/]/, String.raw`\$&`)

const segmentPattern = (segment: string): RegExp => {
  let source = ''
  for (let at = 0; at < segment.length; at++) {
    const char = segment.charAt(at)
    if (char === '*') source += '.*'
    else if (char === '?') source += '.'
    else if (char === '[') {
      const close = segment.indexOf(']', at + 2)
      if (close < 0) source += '\\['
      else {
        const set = segment.slice(at + 1, close)
        const negated = set.startsWith('!') || set.startsWith('^')
        const chars = (negated ? set.slice(1) : set).replaceAll(/[\\\][^]/g, (c) => '\\' + c)
        source += `[${negated ? '^' : ''}${chars}]`
        at = close
      }
    } else if (char === '\\' && at + 1 < segment.length) source += literal(segment.charAt(++at))
    else source += literal(char)
  }
  return new RegExp(`^${source}$`, 'su')
}

const matchSegments = (names: readonly string[], at: number, segments: Glob['segments'], from: number): boolean => {
  if (from === segments.length) return at === names.length
  const segment = segments[from]
  if (segment === null) {
    for (let skip = at; skip <= names.length; skip++) {
      if (matchSegments(names, skip, segments, from + 1)) return true
    }
    return false
  }
  const name = names[at]
  return (
    name !== undefined &&
    segment !== undefined &&
    segment.test(name) &&
    matchSegments(names, at + 1, segments, from + 1)
  )
}

const compileOne = (pattern: string): Glob => {
  const parts = pattern.split(sep)
  const magic = parts.findIndex((part) => /[*?[\\]/.test(part))
  const cut = magic < 0 ? parts.length - 1 : magic
  const base = parts.slice(0, cut).join(sep) || sep
  const segments = parts.slice(cut).map((part) => (part === '**' ? null : segmentPattern(part)))
  const prefix = base === sep ? base : base + sep
  return {
    base,
    segments,
    matches: (path) => path.startsWith(prefix) && matchSegments(path.slice(prefix.length).split(sep), 0, segments, 0),
  }
}

/** Throws an Error with a sentence where a pattern cannot be read. */
export const compileGlobs = (patterns: readonly string[], folder: string): Glob[] =>
  patterns.flatMap(expandBraces).map((pattern) => compileOne(isAbsolute(pattern) ? pattern : resolve(folder, pattern)))

export interface Walk {
  readonly files: Set<string>
  /** Every folder that was read, so that it can be watched. */
  readonly folders: Set<string>
  readonly unreadable: Map<string, Error>
}

const walk = async (folder: string, segments: Glob['segments'], from: number, found: Walk): Promise<void> => {
  let entries
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') found.unreadable.set(folder, error as Error)
    return
  }
  found.folders.add(folder)
  const segment = segments[from]
  const last = from === segments.length - 1
  if (segment === null) {
    if (!last) await walk(folder, segments, from + 1, found)
    for (const entry of entries) {
      if (entry.isDirectory()) await walk(join(folder, entry.name), segments, from, found)
      else if (last) found.files.add(join(folder, entry.name))
    }
    return
  }
  for (const entry of entries) {
    if (segment === undefined || !segment.test(entry.name)) continue
    if (last) {
      if (!entry.isDirectory()) found.files.add(join(folder, entry.name))
    } else if (entry.isDirectory() || entry.isSymbolicLink())
      await walk(join(folder, entry.name), segments, from + 1, found)
  }
}

/** Files that match one of `include` and none of `exclude`. */
export const findFiles = async (include: readonly Glob[], exclude: readonly Glob[]): Promise<Walk> => {
  const found: Walk = { files: new Set(), folders: new Set(), unreadable: new Map() }
  for (const glob of include) await walk(glob.base, glob.segments, 0, found)
  for (const file of found.files) if (exclude.some((glob) => glob.matches(file))) found.files.delete(file)
  return found
}
