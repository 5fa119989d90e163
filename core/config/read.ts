/**
 * From `--config` and `--set` to one substituted tree. A `--config` is a file, or `file:PATH`, `env:VARIABLE` or
 * `yaml:TEXT` as otelcol has them, or `-` for the standard input. `include:` in a file names files (globs allowed) that are
 * merged below it, relative to that file. Variables are substituted last, so what is overridden need not be set; a relative
 * `${file:…}` starts in the folder of the file it stands in. Bounds: DEPTH_MOST files inside one another, FILE_BYTES_MOST each.
 */
import { globSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { merge } from './merge.ts'
import { emptyMap, isEmpty, type Entry, type MapNode, type Node } from './node.ts'
import { parseYaml } from './parse.ts'
import type { Problems } from './problems.ts'
import { source, span, type Source, type Span } from './source.ts'
import { substitute, type Variables } from './substitute.ts'
import { didYouMean } from './suggest.ts'
import { unfold } from './unfold.ts'

const DEPTH_MOST = 20
const FILE_BYTES_MOST = 16 * 1024 * 1024

export interface ReadOptions {
  readonly files: readonly string[]
  readonly set: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly allowUnset: boolean
  readonly problems: Problems
}

export interface ReadResult {
  /** undefined when a source could not be read at all. */
  readonly root: MapNode | undefined
  readonly folder: string
  /** Absolute paths of all files read, for watching. */
  readonly files: readonly string[]
}

interface Reader extends ReadOptions {
  readonly read: string[]
  failed: boolean
}

const label = (path: string, cwd: string): string => {
  const short = relative(cwd, path)
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short
}

const readReason = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES') return 'it may not be read'
  return message
}

const neighbours = (path: string): string[] => {
  try {
    return globSync('*.{yaml,yml}', { cwd: dirname(path) })
  } catch {
    return []
  }
}

const readFile = (path: string, reader: Reader, where: Span | undefined): Source | undefined => {
  const shown = label(path, reader.cwd)
  try {
    if (statSync(path).size > FILE_BYTES_MOST) throw new Error('it is larger than 16 MiB')
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
    reader.read.push(path)
    return source(shown, text, path)
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8 text' : readReason(error)
    const near = didYouMean(path.slice(dirname(path).length + 1), neighbours(path))
    reader.problems.add({
      message: `the configuration file '${shown}' cannot be read: ${reason}`,
      span: where,
      suggestion: near,
    })
    reader.failed = true
    return undefined
  }
}

const openSource = (name: string, reader: Reader): Source | undefined => {
  const [, scheme, rest = ''] = /^(file|env|yaml):([\s\S]*)$/.exec(name) ?? []
  if (scheme === 'yaml') return source('--config yaml', rest)
  if (scheme === 'env') {
    const text = reader.env[rest]
    if (text !== undefined) return source(`env:${rest}`, text)
    reader.problems.add({ message: `the environment variable ${rest}, named by --config env:${rest}, is not set` })
    reader.failed = true
    return undefined
  }
  if (name === '-') return source('<stdin>', readFileSync(0, 'utf8'))
  return readFile(resolve(reader.cwd, scheme === 'file' ? rest : name), reader, undefined)
}

const includesOf = (node: Node, reader: Reader): { readonly name: string; readonly where: Span }[] => {
  const items = node.kind === 'list' ? node.items : [node]
  return items.flatMap((item) => {
    if (item.kind === 'scalar' && typeof item.value === 'string') return [{ name: item.value, where: item.span }]
    if (!(item.kind === 'scalar' && item.broken)) {
      reader.problems.add({
        message: "'include' expects file names, such as ['./shared/*.yaml']",
        span: item.span,
        path: ['include'],
      })
    }
    return []
  })
}

const included = (node: Node, folder: string, reader: Reader, trail: readonly string[]): Node | undefined => {
  let below: Node | undefined
  for (const { name, where } of includesOf(node, reader)) {
    const pattern = resolve(folder, name)
    const paths = /[*?[{]/.test(name) ? globSync(pattern).toSorted() : [pattern]
    if (paths.length === 0) {
      reader.problems.add({ message: `no file matches '${name}'`, span: where, path: ['include'] })
    }
    for (const path of paths) {
      if (trail.includes(path) || trail.length >= DEPTH_MOST) {
        reader.problems.add({
          message: `'${name}' includes itself: ${[...trail, path].map((file) => label(file, reader.cwd)).join(' → ')}`,
          span: where,
          path: ['include'],
        })
        continue
      }
      const file = readFile(path, reader, where)
      const tree = file && readTree(file, reader, [...trail, path])
      if (tree !== undefined) below = below === undefined ? tree : merge(below, tree)
    }
  }
  return below
}

const variablesOf = ({ env, cwd, allowUnset, problems }: Reader): Variables => ({
  env,
  folderOf: (of) => (of.path === undefined ? cwd : dirname(of.path)),
  allowUnset,
  problems,
})

/** One source with all it includes. */
const readTree = (of: Source, reader: Reader, trail: readonly string[]): MapNode | undefined => {
  const { problems } = reader
  const parsed = parseYaml(of, problems)
  if (parsed === undefined) {
    reader.failed = true
    return undefined
  }
  const read = isEmpty(parsed) ? emptyMap(span(of, 0, 0)) : parsed
  if (read.kind !== 'map') {
    problems.add({ message: 'a configuration is a map with receivers, exporters and service', span: read.span })
    reader.failed = true
    return undefined
  }
  const root = unfold(read)
  const include = root.entries.get('include')
  if (include === undefined) return root
  const entries = new Map(root.entries)
  entries.delete('include')
  const names = substitute(include.value, variablesOf(reader), ['include'])
  const below = included(names, of.path === undefined ? reader.cwd : dirname(of.path), reader, trail)
  const own: MapNode = { ...root, entries }
  return below === undefined ? own : (merge(below, own) as MapNode)
}

/** `--set exporters.file/a.path=x`; `::` separates too, for names with dots. Lists take an index. */
const setOne = (argument: string, root: MapNode, reader: Reader): MapNode => {
  const of = source('--set', argument)
  const equals = argument.indexOf('=')
  const wrong = (message: string): MapNode => {
    reader.problems.add({
      message,
      span: span(of, 0, argument.length),
      suggestion: 'write --set path=value, such as --set exporters.file.path=out.jsonl',
    })
    return root
  }
  if (equals < 1) return wrong('--set needs a path and a value')
  const path = argument.slice(0, equals)
  const keys = path.split(path.includes('::') ? '::' : '.')
  if (keys.includes('')) return wrong('a part of the path is empty')
  const text = argument.slice(equals + 1)
  const parsed = parseYaml(source('--set', ' '.repeat(equals + 1) + text), reader.problems)
  if (parsed === undefined) return root
  return place(root, keys, 0, relabel(parsed, of), of, reader) as MapNode
}

const relabel = (node: Node, of: Source): Node => {
  const at = (where: Span): Span => span(of, where.start, where.end)
  if (node.kind === 'scalar') return { ...node, span: at(node.span) }
  if (node.kind === 'list') return { ...node, span: at(node.span), items: node.items.map((item) => relabel(item, of)) }
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { key, keySpan: at(entry.keySpan), value: relabel(entry.value, of) }] as const,
  )
  return { ...node, span: at(node.span), entries: new Map(entries) }
}

const place = (
  node: Node | undefined,
  keys: readonly string[],
  depth: number,
  value: Node,
  of: Source,
  reader: Reader,
): Node => {
  const key = keys[depth]
  if (key === undefined) return node !== undefined && value.kind === 'map' ? merge(node, value) : value
  const start = keys.slice(0, depth).reduce((sum, part) => sum + part.length + (of.text.includes('::') ? 2 : 1), 0)
  const keySpan = span(of, start, start + key.length)
  if (node?.kind === 'list') {
    const index = Number(key)
    if (Number.isInteger(index) && index >= 0 && index < node.items.length) {
      return {
        ...node,
        items: node.items.map((item, at) => (at === index ? place(item, keys, depth + 1, value, of, reader) : item)),
      }
    }
    reader.problems.add({
      message: `'${keys.slice(0, depth).join('.')}' is a list of ${node.items.length}; '${key}' is none of its indexes`,
      span: keySpan,
      path: keys.slice(0, depth),
    })
    return node
  }
  const entries = new Map<string, Entry>(node?.kind === 'map' ? node.entries : [])
  const before = entries.get(key)
  entries.set(key, {
    key,
    keySpan: depth < keys.length - 1 ? (before?.keySpan ?? keySpan) : keySpan,
    value: place(before?.value, keys, depth + 1, value, of, reader),
  })
  return { kind: 'map', span: node?.kind === 'map' ? node.span : keySpan, entries }
}

export const readConfiguration = (options: ReadOptions): ReadResult => {
  const reader: Reader = { ...options, read: [], failed: false }
  let root: MapNode | undefined
  let folder: string | undefined
  for (const name of options.files) {
    const of = openSource(name, reader)
    if (of === undefined) continue
    folder ??= of.path === undefined ? options.cwd : dirname(of.path)
    const tree = readTree(of, reader, of.path === undefined ? [] : [of.path])
    if (tree !== undefined) root = root === undefined ? tree : (merge(root, tree) as MapNode)
  }
  root ??= emptyMap(span(source('', ''), 0, 0))
  for (const argument of options.set) root = setOne(argument, root, reader)
  const substituted = reader.failed ? undefined : (substitute(root, variablesOf(reader)) as MapNode)
  return { root: substituted, folder: folder ?? options.cwd, files: reader.read }
}
