/**
 * One CSV record as Go's encoding/csv reads it; further lines go on with the last field. `lazy` lets quotes stand where they
 * are not allowed. A line with a misplaced quote ends before the field it is in; it is a Failure when that is its first.
 */
import { Failure } from '../values.ts'

interface Line {
  readonly fields: string[]
  readonly next: number
}

const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

/** A line without its end; `\r\n` counts as `\n`. */
const withoutEnd = (line: string): string => line.replace(/\r?\n$/, '').replace(/\r$/, line.endsWith('\n') ? '$&' : '')

interface Field {
  readonly text: string
  readonly next: number
  readonly last: boolean
  /** What is wrong with the field, which is left out then. */
  readonly broken?: string
}

const broken = (why: string, next: number): Field => ({ text: '', next, last: true, broken: why })

const bareField = (text: string, at: number, end: number, delimiter: string, lazy: boolean): Field => {
  const line = text.slice(at, end)
  const split = line.indexOf(delimiter)
  const field = split < 0 ? withoutEnd(line) : line.slice(0, split)
  if (!lazy && field.includes('"')) return broken('a bare " stands in a field without quotes', end)
  return split < 0
    ? { text: field, next: end, last: true }
    : { text: field, next: at + split + delimiter.length, last: false }
}

const quotedField = (text: string, at: number, delimiter: string, lazy: boolean): Field => {
  let out = ''
  let from = at + 1
  for (;;) {
    const quote = text.indexOf('"', from)
    if (quote < 0) {
      if (!lazy) return broken('a quoted field is not closed', text.length)
      return { text: (out + text.slice(from)).replaceAll('\r\n', '\n'), next: text.length, last: true }
    }
    out += text.slice(from, quote)
    const after = quote + 1
    if (text[after] === '"') {
      out += '"'
      from = after + 1
    } else if (text.startsWith(delimiter, after))
      return { text: normal(out), next: after + delimiter.length, last: false }
    else if (withoutEnd(text.slice(after, lineEnd(text, after))) === '')
      return { text: normal(out), next: lineEnd(text, after), last: true }
    else if (lazy) {
      out += '"'
      from = after
    } else return broken('a " stands in the middle of a quoted field', lineEnd(text, after))
  }
}

const normal = (text: string): string => text.replaceAll('\r\n', '\n')

const readLine = (text: string, start: number, delimiter: string, lazy: boolean): Line => {
  const fields: string[] = []
  let at = start
  for (;;) {
    const field =
      text[at] === '"'
        ? quotedField(text, at, delimiter, lazy)
        : bareField(text, at, lineEnd(text, at), delimiter, lazy)
    if (field.broken === undefined) fields.push(field.text)
    else if (fields.length === 0) throw new Failure(field.broken)
    at = field.next
    if (field.last) return { fields, next: at }
  }
}

export const readCsv = (text: string, delimiter: string, lazy: boolean): readonly string[] => {
  if (/["\r\n\ufffd]/.test(delimiter)) throw new Failure('the delimiter cannot be a quote or a line end')
  const joined: string[] = []
  let at = 0
  while (at < text.length) {
    const end = lineEnd(text, at)
    if (withoutEnd(text.slice(at, end)) === '') {
      at = end
      continue
    }
    const { fields, next } = readLine(text, at, delimiter, lazy)
    if (joined.length > 0) {
      joined[joined.length - 1] += `\n${fields[0]}`
      joined.push(...fields.slice(1))
    } else joined.push(...fields)
    at = next
  }
  if (joined.length === 0) throw new Failure('there is no CSV line')
  return joined
}
