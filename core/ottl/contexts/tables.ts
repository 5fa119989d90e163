/**
 * The contexts as data: which paths each has, where they stand in a record, and what may be done with them. A further
 * context is a further table.
 */
import { dataPlace, metadataPlace } from './event.ts'
import { fieldPlace } from './fields.ts'
import { keyPlace, bodyPlace } from './store.ts'
import type { Place } from './store.ts'
import { cache, field, map } from './path-spec.ts'
import type { PathSpec, PathTable } from './path-spec.ts'
import { datapoint, metric, span, spanevent } from './signals.ts'
import { Failure, newMap, RawMap } from '../values.ts'
import type { Evaluated } from '../values.ts'

const attribute = (name: string): PathSpec => ({
  whole: fieldPlace(['attributes', name], 'value'),
  indexed: (keys) => keyPlace(['attributes', name], keys),
  type: 'value',
})

const log: PathTable = new Map([
  ['time', field(['time_unix_nano'], 'time', 'time')],
  ['time_unix_nano', field(['time_unix_nano'], 'nanos', 'int')],
  ['observed_time', field(['observed_time_unix_nano'], 'time', 'time')],
  ['observed_time_unix_nano', field(['observed_time_unix_nano'], 'nanos', 'int')],
  ['severity_number', field(['severity_number'], 'int32', 'int')],
  ['severity_text', field(['severity_text'], 'text', 'string')],
  ['body', { whole: fieldPlace(['body'], 'value'), indexed: bodyPlace, type: 'value' }],
  ['body.string', field(['body'], 'value_text', 'string')],
  ['attributes', map(['attributes'])],
  ['dropped_attributes_count', field(['dropped_attributes_count'], 'uint32', 'int')],
  ['flags', field(['flags'], 'uint32', 'int')],
  ['trace_id', field(['trace_id'], 'trace_id', 'trace id')],
  ['trace_id.string', field(['trace_id'], 'trace_id_text', 'string')],
  ['span_id', field(['span_id'], 'span_id', 'span id')],
  ['span_id.string', field(['span_id'], 'span_id_text', 'string')],
  ['event_name', field(['event_name'], 'text', 'string')],
  ['cache', cache],
])

const event: PathTable = new Map([
  ['type', field(['event_name'], 'text', 'string')],
  ['id', attribute('log.record.uid')],
  ['source', attribute('seneca.source')],
  ['version', attribute('seneca.schema_version')],
  ['timestamp', field(['time_unix_nano'], 'time', 'time')],
  ['data', { whole: dataPlace([]), indexed: dataPlace, type: 'map' }],
  ['metadata', { whole: metadataPlace([]), indexed: metadataPlace, type: 'map' }],
  ['body', { whole: fieldPlace(['body'], 'value'), indexed: bodyPlace, type: 'value' }],
  ['attributes', map(['attributes'])],
  ['trace_id', field(['trace_id'], 'trace_id_text', 'string')],
  ['span_id', field(['span_id'], 'span_id_text', 'string')],
  ['cache', cache],
])

const resource: PathTable = new Map([
  ['attributes', map(['resource', 'attributes'])],
  ['dropped_attributes_count', field(['resource', 'dropped_attributes_count'], 'uint32', 'int')],
  ['schema_url', field(['resource', 'schema_url'], 'text', 'string')],
  ['cache', cache],
])

const scope: PathTable = new Map([
  ['name', field(['scope', 'name'], 'text', 'string')],
  ['version', field(['scope', 'version'], 'text', 'string')],
  ['attributes', map(['scope', 'attributes'])],
  ['dropped_attributes_count', field(['scope', 'dropped_attributes_count'], 'uint32', 'int')],
  ['schema_url', field(['scope', 'schema_url'], 'text', 'string')],
  ['cache', cache],
])

/** What is known of the request a record came with: nothing here, so all of it is empty, and none of it can be set. */
const readOnly = (value: Evaluated): Place => ({
  read: () => value,
  write: () => {
    throw new Failure('this path can be read only')
  },
})
const emptyMap: PathSpec = {
  whole: readOnly(new RawMap(newMap())),
  indexed: () => readOnly(null),
  type: 'map',
}
const otelcol: PathTable = new Map([
  ['client.addr', { whole: readOnly(null), type: 'string' }],
  ['client.metadata', emptyMap],
  ['client.auth.attributes', emptyMap],
  ['grpc.metadata', emptyMap],
])

/** Contexts that statements can run in. */
export type ContextName = 'log' | 'event' | 'resource' | 'scope' | 'span' | 'spanevent' | 'metric' | 'datapoint'

export const contexts: ReadonlyMap<string, PathTable> = new Map([
  ['log', log],
  ['event', event],
  ['span', span],
  ['spanevent', spanevent],
  ['metric', metric],
  ['datapoint', datapoint],
  ['resource', resource],
  ['scope', scope],
  ['instrumentation_scope', scope],
  ['otelcol', otelcol],
])

const around = ['resource', 'scope', 'instrumentation_scope', 'otelcol']

/** The contexts whose paths may stand in statements of a context. */
export const visible: Readonly<Record<ContextName, readonly string[]>> = {
  log: ['log', 'event', ...around],
  event: ['event', 'log', ...around],
  span: ['span', ...around],
  spanevent: ['spanevent', 'span', ...around],
  metric: ['metric', ...around],
  datapoint: ['datapoint', 'metric', ...around],
  resource: ['resource', 'otelcol'],
  scope: ['scope', 'instrumentation_scope', 'resource', 'otelcol'],
}

export const contextNames = Object.keys(visible) as readonly ContextName[]

/** Contexts of messages inside a record: paths of other contexts lead to the record around. */
export const nestedContexts: ReadonlySet<string> = new Set(['spanevent', 'datapoint'])
