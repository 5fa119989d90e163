/** The simple fields of a record: how each is read and what it takes when set. nil can be set to none of them. */
import { path } from '../../model/index.ts'
import type { PathKey, Value } from '../../model/index.ts'
import { storedText } from '../getters.ts'
import { int64, isInt } from '../numbers.ts'
import { Failure, Id, Time, toStored, typeName } from '../values.ts'
import type { Evaluated } from '../values.ts'
import { put } from './store.ts'
import type { Place } from './store.ts'

export type FieldKind =
  | 'text'
  | 'nanos'
  | 'time'
  | 'int32'
  | 'uint32'
  | 'trace_id'
  | 'trace_id_text'
  | 'span_id'
  | 'span_id_text'
  | 'value'
  | 'value_text'
  | 'code'
  | 'span_kind'
  | 'span_kind_deprecated'

interface Codec {
  readonly from: (value: Value | undefined) => Evaluated
  readonly to: (value: Evaluated) => Value
}

const refuse = (expected: string, value: Evaluated): Failure =>
  new Failure(
    value === null ? `nil cannot be set here; expected ${expected}` : `expected ${expected} but got ${typeName(value)}`,
  )

const toText = (value: Evaluated): string => {
  if (typeof value === 'string') return value
  throw refuse('string', value)
}

const toBigInt = (value: Evaluated): bigint => {
  if (isInt(value)) return BigInt(value)
  throw refuse('int64', value)
}

const fromNanos = (value: Value | undefined): bigint => BigInt.asIntN(64, BigInt((value ?? 0) as number | bigint))
const ZERO = { trace: '0'.repeat(32), span: '0'.repeat(16) }

const idText = (value: Evaluated, kind: 'trace' | 'span'): string => {
  const text = toText(value)
  const digits = ZERO[kind].length
  if (text.length !== digits || !/^[0-9a-fA-F]*$/.test(text))
    throw new Failure(`a ${kind} id has ${digits} hexadecimal digits`)
  return orAbsent(text.toLowerCase(), kind)
}

/** An id of zeros is none. */
const orAbsent = (hex: string, kind: 'trace' | 'span'): string => (hex === ZERO[kind] ? '' : hex)

const idCodec = (kind: 'trace' | 'span'): Codec => ({
  from: (value) => new Id(kind, (value as string | undefined) || ZERO[kind]),
  to: (value) => {
    if (value instanceof Id && value.kind === kind) return orAbsent(value.hex, kind)
    throw refuse(`a ${kind} id`, value)
  },
})

const idTextCodec = (kind: 'trace' | 'span'): Codec => ({
  from: (value) => (value as string | undefined) || ZERO[kind],
  to: (value) => idText(value, kind),
})

/** A number that is read and set by its name. */
const namedCodec = (names: readonly string[]): Codec => ({
  from: (value) => names[Number(value ?? 0)] ?? '',
  to: (value) => {
    const number = names.indexOf(toText(value))
    if (number >= 0) return number
    throw new Failure(`${JSON.stringify(value)} is none of ${names.join(', ')}`)
  },
})

const codecs: Readonly<Record<FieldKind, Codec>> = {
  text: { from: (value) => value ?? '', to: toText },
  nanos: { from: (value) => int64(fromNanos(value)), to: (value) => BigInt.asUintN(64, toBigInt(value)) },
  time: {
    from: (value) => new Time(fromNanos(value)),
    to: (value) => {
      if (value instanceof Time) return BigInt.asUintN(64, value.nanos)
      throw refuse('time', value)
    },
  },
  int32: { from: (value) => value ?? 0, to: (value) => Number(BigInt.asIntN(32, toBigInt(value))) },
  uint32: { from: (value) => value ?? 0, to: (value) => Number(BigInt.asUintN(32, toBigInt(value))) },
  trace_id: idCodec('trace'),
  trace_id_text: idTextCodec('trace'),
  span_id: idCodec('span'),
  span_id_text: idTextCodec('span'),
  code: { from: (value) => value ?? 0, to: (value) => Number(BigInt.asIntN(32, toBigInt(value))) },
  span_kind: namedCodec(['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']),
  span_kind_deprecated: namedCodec(
    ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((name) => `SPAN_KIND_${name}`),
  ),
  value: { from: (value) => value ?? null, to: toStored },
  value_text: { from: (value) => storedText(value ?? null), to: toText },
}

export const fieldPlace = (at: readonly PathKey[], kind: FieldKind): Place => {
  const handle = path(at)
  const { from, to } = codecs[kind]
  return {
    read: (run) => from(run.record.get(handle)),
    write: (run, value) => put(run, handle, to(value)),
    handle,
    takes: to,
    ...((kind === 'value' || kind === 'text') && { stored: handle }),
  }
}
