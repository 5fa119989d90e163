/**
 * `json_parser` as the OpenTelemetry Collector has it: the text of an entry is parsed into attributes (or elsewhere),
 * then time and severity are taken from what was found. Its numbers are doubles unless `parse_ints`. What cannot be
 * parsed is passed on as it was, or dropped, by `on_error`. Other operators are refused by name: their work is the
 * transform processor's.
 */
import {
  type ConfigProblem,
  type Draft,
  Double,
  isMap,
  type LogBatch,
  type Value,
  valueFromJson,
} from 'seneca-collector'
import { type Field, parseField } from './field.ts'
import { checkSeverity, createSeverity, type SeverityOptions } from './severity.ts'
import { checkTimestamp, createTimestamp, type TimestampOptions } from './timestamp.ts'

type Operator = Readonly<Record<string, unknown>>

interface JsonParser {
  readonly from: Field
  readonly to: Field
  readonly parseInts: boolean
  readonly drop: boolean
  readonly timestamp: ((draft: Draft) => void) | undefined
  readonly severity: ((draft: Draft) => void) | undefined
}

const known = new Set(['type', 'id', 'parse_from', 'parse_to', 'on_error', 'parse_ints', 'timestamp', 'severity'])
const outcomes = ['send', 'send_quiet', 'drop', 'drop_quiet']

const checkField = (value: unknown, path: readonly (string | number)[]): ConfigProblem[] => {
  if (value === undefined) return []
  if (typeof value === 'string' && parseField(value) !== undefined) return []
  return [
    {
      path,
      message: `${JSON.stringify(value)} is no field`,
      suggestion: 'body, body.key, attributes.key or resource.key',
    },
  ]
}

const checkOperator = (operator: Operator, index: number): ConfigProblem[] => {
  const at = (...keys: readonly (string | number)[]): (string | number)[] => ['operators', index, ...keys]
  if (operator['type'] !== 'json_parser') {
    const name = typeof operator['type'] === 'string' ? operator['type'] : 'without a type'
    return [
      {
        path: at('type'),
        message: `operator ${name} is not supported; use the processor ${name === 'filter' ? 'filter' : 'transform'}`,
      },
    ]
  }
  const problems: ConfigProblem[] = []
  for (const key of Object.keys(operator)) {
    if (!known.has(key))
      problems.push({
        path: at(key),
        message: `json_parser has no supported option ${key}; use the transform processor`,
      })
  }
  const onError = operator['on_error']
  if (onError !== undefined && !outcomes.includes(onError as string)) {
    problems.push({ path: at('on_error'), message: `on_error must be one of ${outcomes.join(', ')}` })
  }
  if (operator['parse_ints'] !== undefined && typeof operator['parse_ints'] !== 'boolean') {
    problems.push({ path: at('parse_ints'), message: 'parse_ints must be true or false' })
  }
  problems.push(
    ...checkField(operator['parse_from'], at('parse_from')),
    ...checkField(operator['parse_to'], at('parse_to')),
  )
  problems.push(...checkTimestamp(operator['timestamp'], at('timestamp')))
  problems.push(...checkSeverity(operator['severity'], at('severity')))
  return problems
}

export const checkOperators = (operators: readonly Operator[]): ConfigProblem[] => operators.flatMap(checkOperator)

const compile = (operator: Operator): JsonParser => {
  const { timestamp, severity } = operator as { timestamp?: TimestampOptions; severity?: SeverityOptions }
  return {
    from: parseField((operator['parse_from'] as string | undefined) ?? 'body') as Field,
    to: parseField((operator['parse_to'] as string | undefined) ?? 'attributes') as Field,
    parseInts: operator['parse_ints'] === true,
    drop: String(operator['on_error']).startsWith('drop'),
    timestamp: timestamp === undefined ? undefined : createTimestamp(timestamp),
    severity: severity === undefined ? undefined : createSeverity(severity),
  }
}

/** Go's JSON knows one kind of number. */
const asDoubles = (value: Value): Value => {
  if (typeof value === 'number') return Number.isInteger(value) ? new Double(value) : value
  if (typeof value === 'bigint') return new Double(Number(value))
  if (Array.isArray(value)) return value.map(asDoubles)
  if (!isMap(value)) return value
  const result = Object.create(null) as Record<string, Value>
  for (const [key, item] of Object.entries(value)) result[key] = asDoubles(item)
  return result
}

const parse = (draft: Draft, parser: JsonParser): void => {
  const text = draft.record.get(parser.from.path)
  if (typeof text !== 'string') throw new TypeError(`${parser.from.text} is no text`)
  const value = valueFromJson(text)
  if (!isMap(value)) throw new TypeError('the JSON is no object')
  const map = parser.parseInts ? value : asDoubles(value)
  if (!parser.to.isMap) draft.set(parser.to.path, map)
  else for (const [key, item] of Object.entries(map as Record<string, Value>)) draft.set([...parser.to.path, key], item)
}

export const createOperators = (
  operators: readonly Operator[],
  onInvalid: (reason: string) => void,
): ((batch: LogBatch) => LogBatch) => {
  if (operators.length === 0) return (batch) => batch
  const parsers = operators.map(compile)
  const apply = (draft: Draft): void => {
    for (const parser of parsers) {
      try {
        parse(draft, parser)
        parser.timestamp?.(draft)
        parser.severity?.(draft)
      } catch (error) {
        onInvalid(error instanceof Error ? error.message : String(error))
        if (!parser.drop) continue
        draft.drop()
        return
      }
    }
  }
  return (batch) => batch.edit(apply)
}
