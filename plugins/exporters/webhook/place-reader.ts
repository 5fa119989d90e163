/** Reads one `{{ … }}` with the place of every mistake. */
import { filters } from './filters.ts'
import type { Filter } from './filters.ts'

export interface TemplateProblem {
  readonly message: string
  readonly offset: number
  readonly length: number
  readonly suggestion?: string
}

export class TemplateError extends Error {
  readonly problem: TemplateProblem
  constructor(message: string, offset: number, length: number, suggestion?: string) {
    super(message)
    this.problem = { message, offset, length, ...(suggestion === undefined ? {} : { suggestion }) }
  }
}

export const MEMBERS = [
  'id',
  'type',
  'source',
  'timestamp',
  'data',
  'metadata',
  'version',
  'body',
  'attributes',
  'resource',
  'scope',
  'trace_id',
  'span_id',
  'severity_text',
  'severity_number',
  'observed_timestamp',
  'flags',
]

export const nearest = (word: string, names: readonly string[]): string | undefined =>
  names.find((name) => name.startsWith(word.slice(0, 3)) || word.startsWith(name)) ??
  names.find((name) => name[0] === word[0])

/** Where in the template the reading stands, and how it fails there. */
const scanner = (source: string, start: number, end: number) => {
  let position = start + 2
  const fail = (message: string, length = 1, offset = position, suggestion?: string): never => {
    throw new TemplateError(message, offset, length, suggestion)
  }
  const take = (pattern: RegExp): string | undefined => {
    const match = new RegExp(pattern.source, 'y')
    match.lastIndex = position
    const found = match.exec(source.slice(0, end))?.[0]
    if (found !== undefined) position += found.length
    return found
  }
  const string = (): string | undefined => {
    const quoted = take(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/)
    return quoted?.slice(1, -1).replace(/\\(.)/g, '$1')
  }
  const number = (): number | undefined => {
    const digits = take(/\d+/)
    return digits === undefined ? undefined : Number(digits)
  }
  return { fail, take, string, number, position: () => position }
}

const example = (name: string): string => `${name}:${name === 'truncate' ? '120' : '"none"'}`

/** The parts of a place, read from left to right. */
export const placeReader = (source: string, start: number, end: number) => {
  const { fail, take, string, number, position } = scanner(source, start, end)
  const space = (): void => void take(/\s+/)
  const root = (): void => {
    const word = take(/[A-Za-z_]\w*/)
    if (word === 'event') return
    if (word === undefined) fail('a place names a value of the event, e.g. {{ event.data.task_id }}')
    else fail(`a path starts with "event", not "${word}"`, word.length, position() - word.length, 'event')
  }
  const key = (): string | number | undefined => {
    if (take(/\./) !== undefined) {
      return (
        take(/[A-Za-z_][\w-]*/) ?? fail('a name must follow the dot; put others in brackets, e.g. event.data["a b"]')
      )
    }
    if (take(/\[/) === undefined) return undefined
    const inside = string() ?? number() ?? fail('brackets hold a "name" or a number')
    if (take(/\]/) === undefined) fail('"]" is missing')
    return inside
  }
  const filter = (): Filter => {
    space()
    const from = position()
    const name = take(/[a-z_]+/) ?? fail('a filter’s name must follow "|"')
    const names = Object.keys(filters)
    const make =
      filters[name] ??
      fail(`there is no filter "${name}"; there are ${names.join(', ')}`, name.length, from, nearest(name, names))
    const wantsArgument = take(/:/) !== undefined
    const argument = wantsArgument
      ? (string() ?? number() ?? fail(`the argument of "${name}" is a "text" or a number`))
      : undefined
    const made = make(argument)
    if (made !== undefined) return made
    if (argument === undefined)
      return fail(`"${name}" needs an argument, e.g. ${example(name)}`, position() - from, from)
    return fail(`"${name}" takes ${name === 'truncate' ? 'a number' : 'no argument'}`, position() - from, from)
  }
  return { fail, take, space, root, key, filter, position }
}
