/** The contexts of spans, span events, metrics and data points. */
import { path } from '../../model/index.ts'
import type { MetricType, PathKey, Value } from '../../model/index.ts'
import type { Run } from '../expression.ts'
import { asList } from '../getters.ts'
import { double, int64, isFloat, isInt, toNumber } from '../numbers.ts'
import { Failure, RawList, toStored, typeName } from '../values.ts'
import type { Evaluated } from '../values.ts'
import { fieldPlace } from './fields.ts'
import { cache, field, map } from './path-spec.ts'
import type { PathSpec, PathTable } from './path-spec.ts'
import { put } from './store.ts'
import type { Place } from './store.ts'
import { traceStateKey } from './trace-state.ts'

/** A list of messages or a message: read as a value, set as a whole. */
const value = (at: readonly PathKey[]): PathSpec => ({ whole: fieldPlace(at, 'value'), type: 'value' })

const times = (name: string): readonly (readonly [string, PathSpec])[] => [
  [name, field([`${name}_unix_nano`], 'time', 'time')],
  [`${name}_unix_nano`, field([`${name}_unix_nano`], 'nanos', 'int')],
]

export const span: PathTable = new Map([
  ['trace_id', field(['trace_id'], 'trace_id', 'trace id')],
  ['trace_id.string', field(['trace_id'], 'trace_id_text', 'string')],
  ['span_id', field(['span_id'], 'span_id', 'span id')],
  ['span_id.string', field(['span_id'], 'span_id_text', 'string')],
  ['parent_span_id', field(['parent_span_id'], 'span_id', 'span id')],
  ['parent_span_id.string', field(['parent_span_id'], 'span_id_text', 'string')],
  ['trace_state', { whole: fieldPlace(['trace_state'], 'text'), indexed: traceStateKey, type: 'string' }],
  ['name', field(['name'], 'text', 'string')],
  ['kind', field(['kind'], 'code', 'int')],
  ['kind.string', field(['kind'], 'span_kind', 'string')],
  ['kind.deprecated_string', field(['kind'], 'span_kind_deprecated', 'string')],
  ...times('start_time'),
  ...times('end_time'),
  ['attributes', map(['attributes'])],
  ['dropped_attributes_count', field(['dropped_attributes_count'], 'uint32', 'int')],
  ['events', value(['events'])],
  ['dropped_events_count', field(['dropped_events_count'], 'uint32', 'int')],
  ['links', value(['links'])],
  ['dropped_links_count', field(['dropped_links_count'], 'uint32', 'int')],
  ['status', value(['status'])],
  ['status.code', field(['status', 'code'], 'code', 'int')],
  ['status.message', field(['status', 'message'], 'text', 'string')],
  ['flags', field(['flags'], 'uint32', 'int')],
  ['cache', cache],
])

export const spanevent: PathTable = new Map([
  ...times('time'),
  ['name', field(['name'], 'text', 'string')],
  ['attributes', map(['attributes'])],
  ['dropped_attributes_count', field(['dropped_attributes_count'], 'uint32', 'int')],
  ['event_index', { whole: eventIndex(), type: 'int' }],
  ['cache', cache],
])

function eventIndex(): Place {
  return {
    read: (run) => run.index ?? null,
    write: () => {
      throw new Failure('event_index can be read only')
    },
  }
}

const types: readonly MetricType[] = ['', 'gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']
const typeOf = (run: Run): MetricType => (run.metric ?? run.outer?.metric)?.record.type ?? ''

const wrong = (expected: string, given: Evaluated): Failure =>
  new Failure(`expected ${expected} but got ${typeName(given)}`)

/** A field that metrics of some types have; nil for the others, where setting it does nothing. */
const ofTypes = (
  known: readonly MetricType[],
  at: string,
  from: (value: Value | undefined) => Evaluated,
  to: (value: Evaluated) => Value,
): PathSpec => {
  const handle = path([at])
  return {
    type: 'value',
    whole: {
      read: (run) => (known.includes(typeOf(run)) ? from(run.record.get(handle)) : null),
      write: (run, given) => {
        const stored = to(given)
        if (known.includes(typeOf(run))) put(run, handle, stored)
      },
      handle,
    },
  }
}

const toInt = (given: Evaluated): Value => {
  if (isInt(given)) return given
  throw wrong('int64', given)
}
/** An int32. */
const small = (given: Evaluated): Value => Number(BigInt.asIntN(32, BigInt(toInt(given) as number | bigint)))
const toBool = (given: Evaluated): Value => {
  if (typeof given === 'boolean') return given
  throw wrong('bool', given)
}
const toDouble = (given: Evaluated): Value => {
  if (isFloat(given)) return double(toNumber(given))
  throw wrong('float64', given)
}

/** The reference reads the type and lets it be. */
const metricType: PathSpec = {
  type: 'int',
  whole: { read: (run) => Math.max(0, types.indexOf(typeOf(run))), write: () => {} },
}

export const metric: PathTable = new Map([
  ['name', field(['name'], 'text', 'string')],
  ['description', field(['description'], 'text', 'string')],
  ['unit', field(['unit'], 'text', 'string')],
  ['type', metricType],
  [
    'aggregation_temporality',
    ofTypes(['sum', 'histogram', 'exponential_histogram'], 'aggregation_temporality', (given) => given ?? 0, small),
  ],
  ['is_monotonic', ofTypes(['sum'], 'is_monotonic', (given) => given ?? false, toBool)],
  ['data_points', value(['data_points'])],
  ['metadata', map(['metadata'])],
  ['cache', cache],
])

/** A field of data points of some types; nil for the others, where setting it fails. */
const ofPoints = (
  known: readonly MetricType[],
  at: readonly PathKey[],
  from: (value: Value | undefined) => Evaluated,
  to: (value: Evaluated) => Value,
): PathSpec => {
  const handle = path(at)
  return {
    type: 'value',
    whole: {
      read: (run) => (known.includes(typeOf(run)) ? from(run.record.get(handle)) : null),
      write: (run, given) => {
        const stored = to(given)
        if (!known.includes(typeOf(run))) throw new Failure(`a data point of a ${typeOf(run)} has no ${at.join('.')}`)
        put(run, handle, stored)
      },
      handle,
    },
  }
}

const numbers: readonly MetricType[] = ['gauge', 'sum']
const histograms: readonly MetricType[] = ['histogram', 'exponential_histogram']
const counted: readonly MetricType[] = [...histograms, 'summary']
const exponential: readonly MetricType[] = ['exponential_histogram']

const zero = (given: Value | undefined): Evaluated => given ?? 0
const zeroDouble = (given: Value | undefined): Evaluated => (given === undefined ? double(0) : double(Number(given)))
const unsigned = (given: Evaluated): Value => int64(BigInt.asUintN(64, BigInt(toInt(given) as number | bigint)))
const listOf = (given: Value | undefined): Evaluated => new RawList((given ?? []) as readonly Value[])
const toList =
  (item: (given: Evaluated) => Value) =>
  (given: Evaluated): Value =>
    given === null ? [] : asList(given).map(item)
const toPlain = (given: Evaluated): Value => (given === null ? [] : toStored(given))
const plain = (given: Value | undefined): Evaluated => given ?? null

const buckets = (name: string): readonly (readonly [string, PathSpec])[] => [
  [name, ofPoints(exponential, [name], plain, toPlain)],
  [`${name}.offset`, ofPoints(exponential, [name, 'offset'], zero, small)],
  [`${name}.bucket_counts`, ofPoints(exponential, [name, 'bucket_counts'], listOf, toList(unsigned))],
]

export const datapoint: PathTable = new Map([
  ['attributes', map(['attributes'])],
  ...times('start_time'),
  ...times('time'),
  ['value_double', ofPoints(numbers, ['value'], (given) => (isFloat(given) ? given : double(0)), toDouble)],
  ['value_int', ofPoints(numbers, ['value'], (given) => (isInt(given) ? given : 0), toInt)],
  ['exemplars', ofPoints([...numbers, ...histograms], ['exemplars'], plain, toPlain)],
  ['flags', field(['flags'], 'uint32', 'int')],
  ['count', ofPoints(counted, ['count'], zero, unsigned)],
  ['sum', ofPoints(counted, ['sum'], zeroDouble, toDouble)],
  ['bucket_counts', ofPoints(['histogram'], ['bucket_counts'], listOf, toList(unsigned))],
  ['explicit_bounds', ofPoints(['histogram'], ['explicit_bounds'], listOf, toList(toDouble))],
  ['scale', ofPoints(exponential, ['scale'], zero, small)],
  ['zero_count', ofPoints(exponential, ['zero_count'], zero, unsigned)],
  ...buckets('positive'),
  ...buckets('negative'),
  ['quantile_values', ofPoints(['summary'], ['quantile_values'], plain, toPlain)],
  ['cache', cache],
])
