/**
 * Texts with places for an event's values:
 *
 *   template  = *( text | "{{" path *( "|" filter ) "}}" )
 *   path      = "event" 1*( "." name | "[" string "]" | "[" number "]" )
 *   filter    = name [ ":" ( string | number ) ]
 *   filters     json (the value as JSON) · escape (a text for inside JSON quotes) · upper · lower · trim · url
 *               truncate:120 · default:"none"
 *
 * `\{{` is a plain `{{`. A missing value is an empty text. Where the body is JSON, a value is escaped for inside quotes
 * unless `json` or `escape` says otherwise, so that no event can break the body. Compiled once; a mistake has its offset.
 */
import { inQuotes, textOf } from './filters.ts'
import type { Filter, Json } from './filters.ts'
import { MEMBERS, nearest, placeReader, TemplateError } from './place-reader.ts'
import type { TemplateProblem } from './place-reader.ts'

export interface Template {
  render(event: Json): string
  /** The text with `value` in every place, and where in the template each of its characters stands. */
  sample(value: string): { readonly text: string; readonly offsetOf: (index: number) => number }
}

interface Place {
  readonly offset: number
  readonly keys: readonly (string | number)[]
  readonly filters: readonly Filter[]
}
type Part = { readonly offset: number; readonly text: string } | Place

const at = (value: Json, key: string | number): Json => {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null
  return (value as Readonly<Record<string | number, Json>>)[key] ?? null
}

const readPlace = (source: string, start: number, end: number): Place & { readonly escaped: boolean } => {
  const reader = placeReader(source, start, end)
  reader.space()
  reader.root()
  const keys: (string | number)[] = []
  for (
    let from = reader.position(), key = reader.key();
    key !== undefined;
    from = reader.position(), key = reader.key()
  ) {
    if (keys.length === 0 && (typeof key !== 'string' || !MEMBERS.includes(key))) {
      reader.fail(
        `an event has no "${key}"; it has ${MEMBERS.slice(0, 7).join(', ')} …`,
        reader.position() - from - 1,
        from + 1,
        nearest(String(key), MEMBERS),
      )
    }
    keys.push(key)
  }
  if (keys.length === 0) reader.fail('a value of the event must be named, e.g. event.type')
  const chain: Filter[] = []
  let escaped = false
  for (reader.space(); reader.take(/\|/) !== undefined; reader.space()) {
    const from = reader.position()
    chain.push(reader.filter())
    escaped ||= /^\s*(?:json|escape)\b/.test(source.slice(from, reader.position()))
  }
  const rest = source.slice(reader.position(), end).trimEnd()
  if (rest !== '') reader.fail(`"${rest}" is not understood here`, rest.length)
  return { offset: start, keys, filters: chain, escaped }
}

const value = (place: Place, event: Json): string => {
  let found = event
  for (const key of place.keys) found = at(found, key)
  for (const filter of place.filters) found = filter(found)
  return textOf(found)
}

/** Throws `TemplateError`. */
export const compileTemplate = (source: string, json: boolean): Template => {
  const parts: Part[] = []
  let from = 0
  for (let open = source.indexOf('{{'); open !== -1; open = source.indexOf('{{', from)) {
    if (source[open - 1] === '\\') {
      parts.push({ offset: from, text: source.slice(from, open - 1) }, { offset: open, text: '{{' })
      from = open + 2
      continue
    }
    const close = source.indexOf('}}', open)
    if (close === -1) throw new TemplateError('"}}" is missing', open, 2)
    const { escaped, ...place } = readPlace(source, open, close)
    parts.push(
      { offset: from, text: source.slice(from, open) },
      json && !escaped ? { ...place, filters: [...place.filters, inQuotes] } : place,
    )
    from = close + 2
  }
  parts.push({ offset: from, text: source.slice(from) })

  return {
    render: (event) => parts.map((part) => ('text' in part ? part.text : value(part, event))).join(''),
    sample: (filler) => {
      const starts: { readonly at: number; readonly part: Part }[] = []
      let text = ''
      for (const part of parts) {
        starts.push({ at: text.length, part })
        text += 'text' in part ? part.text : filler
      }
      const offsetOf = (index: number): number => {
        const found = starts.findLast((start) => start.at <= index) ?? starts[0]
        if (found === undefined) return 0
        return 'text' in found.part ? found.part.offset + (index - found.at) : found.part.offset
      }
      return { text, offsetOf }
    },
  }
}

/** What is wrong with a template; where its body must be JSON, also whether it can be. */
export const templateProblem = (source: string, json: boolean): TemplateProblem | undefined => {
  try {
    const template = compileTemplate(source, json)
    if (!json) return undefined
    const { text, offsetOf } = template.sample('0')
    try {
      JSON.parse(text)
      return undefined
    } catch (error) {
      const said = (error as Error).message
      const index = Number(/position (\d+)/.exec(said)?.[1] ?? text.length)
      return {
        message: `the body is not JSON: ${said.replace(/ in JSON at position.*/s, '')}`,
        offset: Math.min(offsetOf(index), Math.max(0, source.length - 1)),
        length: 1,
      }
    }
  } catch (error) {
    if (error instanceof TemplateError) return error.problem
    throw error
  }
}
