/**
 * `${…}` in values, as the OpenTelemetry Collector has it: `${env:X}`, `${X}`, `${env:X:-default}`, `${file:path}`,
 * `${yaml:text}`, `$$` for a dollar sign, nested from the inside out. A value that is nothing but one `${…}` takes the
 * type YAML gives its text (a number, a list, a map) and keeps the text for options that want text.
 *
 * Stricter: a variable that is not set and has no default is an error, unless `allowUnset`. Beyond: `${secret:X}` and
 * `${secret:file:path}` are never shown; `${secret:X}` reads variable X, or the file that variable X_FILE names.
 */
import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { parseYaml, sourceOffset } from './parse.ts'
import { type Problems, problems as gather } from './problems.ts'
import { source, span, type Source, type Span } from './source.ts'
import { type Entry, type Node, type ScalarNode } from './node.ts'
import { didYouMean } from './suggest.ts'

export interface Variables {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Relative `${file:…}` paths start in the folder of the source they stand in. */
  readonly folderOf: (source: Source) => string
  readonly allowUnset: boolean
  readonly problems: Problems
}

const DEPTH_MOST = 100
const FILE_BYTES_MOST = 1024 * 1024
const schemes = ['env', 'file', 'yaml', 'secret']

interface Found {
  readonly text: string
  readonly secret: boolean
}

const unsetSuggestion = (name: string, vars: Variables): string => {
  const near = didYouMean(name, Object.keys(vars.env))
  return near ?? `set it, or give a default: \${env:${name}:-value}`
}

const readVariable = (
  reference: string,
  where: Span,
  vars: Variables,
  path: readonly (string | number)[],
): string | undefined => {
  const [, name = '', fallback] = /^(.*?)(?::-([\s\S]*))?$/.exec(reference) ?? []
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
    vars.problems.add({
      message: `'${name}' cannot be the name of an environment variable`,
      span: where,
      path,
      suggestion: 'letters, digits and _ only; write $$ for a dollar sign',
    })
    return undefined
  }
  const value = vars.env[name]
  if (value !== undefined) return value
  if (fallback !== undefined) return fallback
  if (vars.allowUnset) return ''
  vars.problems.add({
    message: `the environment variable ${name} is not set`,
    span: where,
    path,
    suggestion: unsetSuggestion(name, vars),
  })
  return undefined
}

const readText = (
  file: string,
  where: Span,
  vars: Variables,
  path: readonly (string | number)[],
): string | undefined => {
  const absolute = isAbsolute(file) ? file : join(vars.folderOf(where.source), file)
  try {
    if (statSync(absolute).size > FILE_BYTES_MOST) throw new Error('it is larger than 1 MiB')
    return readFileSync(absolute, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a folder'
          : code === 'EACCES'
            ? 'it may not be read'
            : message
    vars.problems.add({ message: `the file '${file}' cannot be read: ${reason}`, span: where, path })
    return undefined
  }
}

const readSecret = (
  reference: string,
  where: Span,
  vars: Variables,
  path: readonly (string | number)[],
): string | undefined => {
  const [, scheme, rest = ''] = /^(?:(env|file):)?([\s\S]*)$/.exec(reference) ?? []
  if (scheme === 'file') return readText(rest, where, vars, path)
  const name = rest.split(':-')[0] ?? rest
  const file = vars.env[`${name}_FILE`]
  if (vars.env[name] === undefined && file !== undefined) return readText(file, where, vars, path)
  return readVariable(rest, where, vars, path)
}

const resolve = (
  reference: string,
  where: Span,
  vars: Variables,
  path: readonly (string | number)[],
): Found | undefined => {
  const [, scheme, rest = ''] = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):(?!-))?([\s\S]*)$/.exec(reference) ?? []
  const found = (text: string | undefined, secret = false): Found | undefined =>
    text === undefined ? undefined : { text, secret }
  if (scheme === undefined || scheme === 'env') return found(readVariable(rest, where, vars, path))
  if (scheme === 'file') return found(readText(rest, where, vars, path))
  if (scheme === 'yaml') return found(rest)
  if (scheme === 'secret') return found(readSecret(rest, where, vars, path), true)
  vars.problems.add({
    message: `there is no source '${scheme}' for \${${scheme}:…}`,
    span: where,
    path,
    suggestion: didYouMean(scheme, schemes) ?? 'the sources are env, file, secret and yaml; write $$ for a dollar sign',
  })
  return undefined
}

/** Where the `}` of the `${` at `from` stands, minding nested ones. */
const closing = (text: string, from: number): number => {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('${', at)) {
      depth++
      at++
    } else if (text[at] === '}' && --depth === 0) return at
  }
  return -1
}

interface Expansion {
  readonly text: string
  readonly secret: boolean
  /** The whole value was one reference. */
  readonly whole: boolean
}

/** The place of a stretch of the value being expanded. */
type Place = (from: number, to: number) => Span

const expand = (
  text: string,
  place: Place,
  vars: Variables,
  path: readonly (string | number)[],
  depth: number,
): Expansion | undefined => {
  if (depth > DEPTH_MOST) {
    vars.problems.add({ message: 'variables that refer to one another without end', span: place(0, text.length), path })
    return undefined
  }
  let out = ''
  let secret = false
  let good = true
  let whole = false
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '$') out += text[at]
    else if (text[at + 1] === '$') {
      out += '$'
      at++
    } else if (text[at + 1] !== '{') out += '$'
    else {
      const end = closing(text, at)
      if (end === -1) {
        vars.problems.add({
          message: '${ is not closed by }',
          span: place(at, text.length),
          path,
          suggestion: 'write $$ for a dollar sign',
        })
        return undefined
      }
      const where = place(at, end + 1)
      const inner = expand(text.slice(at + 2, end), () => where, vars, path, depth + 1)
      const found = inner === undefined ? undefined : resolve(inner.text, where, vars, path)
      // What a variable holds is expanded too, as otelcol does; a secret is taken as it is.
      const value = found === undefined || found.secret ? found : expand(found.text, () => where, vars, path, depth + 1)
      if (value === undefined) good = false
      else {
        out += value.text
        secret ||= value.secret || (inner?.secret ?? false)
      }
      whole = at === 0 && end === text.length - 1
      at = end
    }
  }
  return good ? { text: out, secret, whole } : undefined
}

/** Gives a tree read from a variable the place where the variable stands. */
const moved = (node: Node, where: Span, from: string): Node => {
  if (node.kind === 'scalar') return { ...node, span: where, from }
  if (node.kind === 'list') return { ...node, span: where, items: node.items.map((item) => moved(item, where, from)) }
  const entries = new Map<string, Entry>()
  for (const [key, entry] of node.entries)
    entries.set(key, { key, keySpan: where, value: moved(entry.value, where, from) })
  return { ...node, span: where, entries }
}

const writtenAs = (written: ScalarNode, node: Node): Node => (node.kind === 'scalar' ? node : { ...node, written })

const substituteScalar = (node: ScalarNode, vars: Variables, path: readonly (string | number)[]): Node => {
  if (typeof node.value !== 'string' || !node.value.includes('$')) return node
  const place: Place = (from, to) => {
    const start = sourceOffset(node, from)
    return start === undefined ? node.span : span(node.span.source, start, start + to - from)
  }
  const expansion = expand(node.value, place, vars, path, 0)
  if (expansion === undefined) return { ...node, value: null, text: '', from: node.value, broken: true }
  const { text, secret, whole } = expansion
  if (!node.value.includes('${')) return { ...node, value: text, text }
  const plain: ScalarNode = { ...node, value: text, text, from: node.value, ...(secret ? { secret } : {}) }
  if (!whole) return plain
  // Text that is no YAML, or holds a comment or an alias, is just text.
  const quiet = gather()
  const typed = parseYaml(source('', text), quiet)
  if (typed === undefined || quiet.errors() > 0) return plain
  if (typed.kind !== 'scalar') return secret ? plain : writtenAs(plain, moved(typed, node.span, node.value))
  if (typeof typed.value === 'string') return plain
  return { ...plain, value: typed.value }
}

export const substitute = (node: Node, vars: Variables, path: readonly (string | number)[] = []): Node => {
  if (node.kind === 'scalar') return substituteScalar(node, vars, path)
  if (node.kind === 'list')
    return { ...node, items: node.items.map((item, index) => substitute(item, vars, [...path, index])) }
  const entries = new Map<string, Entry>()
  for (const [key, entry] of node.entries)
    entries.set(key, { ...entry, value: substitute(entry.value, vars, [...path, key]) })
  return { ...node, entries }
}
