/**
 * Subjects from a template. What a template puts in may not break a subject: blanks, wildcards and control characters
 * become `_`, and in an attribute also dots, so that it stays one token. A type keeps its dots: it is several tokens.
 */
import { type LogRecord, path } from 'seneca-collector'
import { catalogue, topicOf } from 'seneca-collector/events'

const UNSAFE = /[\s*>\p{Cc}]/gu
const PLACEHOLDER = /\{([^{}]*)\}/g
const SOURCE = path(['attributes', 'seneca.source'])
/** Subjects by type: types are few. */
const MAX_CACHED = 1_000

export interface Subject {
  of(record: LogRecord): string
  /** What a stream must have so that it takes the template's subjects (of the catalogue's types, where they come first). */
  readonly patterns: readonly string[]
}

const tokens = (text: string): string => text.replaceAll(UNSAFE, '_').split('.').filter(Boolean).join('.') || 'unknown'
const token = (text: string): string => text.replaceAll(UNSAFE, '_').replaceAll('.', '_') || 'unknown'

const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
      ? String(value)
      : ''

const partFor = (name: string): ((record: LogRecord) => string) => {
  if (name === 'type') return (record) => tokens(record.eventName || 'log')
  if (name === 'topic') return (record) => tokens(topicOf(record.eventName || 'log'))
  const handle = name === 'source' ? SOURCE : path(['attributes', name])
  return (record) => token(textOf(record.get(handle)))
}

/** Where a template can make several tokens, or only part of one, the pattern ends in `>`. */
const patternOf = (template: string): string => {
  const fixed: string[] = []
  for (const piece of template.split('.')) {
    const isLast = fixed.length === template.split('.').length - 1
    if (!piece.includes('{')) fixed.push(piece)
    else if (/^\{(?!type\}|topic\})[^{}]*\}$/.test(piece)) fixed.push('*')
    else return [...fixed, '>'].join('.')
    if (isLast) break
  }
  return fixed.join('.')
}

/**
 * A stream may not take all subjects, since the server's own are among them: where the type comes first, the subjects
 * begin as the catalogue's types do.
 */
const patternsOf = (shape: string): readonly string[] => {
  const pattern = patternOf(shape)
  if (pattern !== '>') return [pattern]
  const firsts = new Set(catalogue.map(({ type }) => type.split('.', 1)[0] ?? ''))
  return ['log', ...[...firsts].map((first) => `${first}.>`)]
}

/** Throws an Error with a sentence when the template makes no subject. */
export const compileSubject = (template: string): Subject => {
  // A placeholder may hold dots: they are not the template's own.
  const names: string[] = []
  const shape = template.replaceAll(PLACEHOLDER, (_, name: string) => {
    if (name === '') throw new Error('{} names nothing: use {type}, {topic}, {source} or an attribute')
    names.push(name)
    return name === 'type' || name === 'topic' ? `{${name}}` : '{attribute}'
  })
  if (/[{}]/.test(shape.replaceAll(PLACEHOLDER, ''))) throw new Error('a brace is not closed')
  const plain = shape.replaceAll(PLACEHOLDER, 'x')
  if (new RegExp(UNSAFE.source, 'u').test(plain)) throw new Error('a subject has no blanks and no wildcards')
  if (plain.split('.').includes('')) throw new Error('a subject has no empty tokens')
  const patterns = patternsOf(shape)
  if (names.length === 0) return { of: () => template, patterns }
  const texts = template.split(PLACEHOLDER).filter((_, index) => index % 2 === 0)
  const parts = names.map(partFor)
  const make = (record: LogRecord): string =>
    parts.reduce((subject, part, index) => subject + part(record) + (texts[index + 1] ?? ''), texts[0] ?? '')
  if (!names.every((name) => name === 'type' || name === 'topic')) return { of: make, patterns }
  const cache = new Map<string, string>()
  return {
    patterns,
    of(record) {
      const type = record.eventName
      const known = cache.get(type)
      if (known !== undefined) return known
      const subject = make(record)
      if (cache.size < MAX_CACHED) cache.set(type, subject)
      return subject
    },
  }
}
