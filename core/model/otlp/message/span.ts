/** Spans: opentelemetry.proto.trace.v1. */
import { describe, field, Kind } from './describe.ts'

export const spanKinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (name) => `SPAN_KIND_${name}`,
)
const statusCodes = ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`)

const event = describe('a span event', [
  field(1, 'time_unix_nano', Kind.time),
  field(2, 'name', Kind.text),
  field(3, 'attributes', Kind.entries),
  field(4, 'dropped_attributes_count', Kind.uint32),
])

const link = describe('a span link', [
  field(1, 'trace_id', Kind.traceId),
  field(2, 'span_id', Kind.spanId),
  field(3, 'trace_state', Kind.text),
  field(4, 'attributes', Kind.entries),
  field(5, 'dropped_attributes_count', Kind.uint32),
  field(6, 'flags', Kind.fixed32),
])

const status = describe('a status', [
  field(2, 'message', Kind.text),
  field(3, 'code', Kind.enum, { names: statusCodes }),
])

export const span = describe('a span', [
  field(1, 'trace_id', Kind.traceId),
  field(2, 'span_id', Kind.spanId),
  field(3, 'trace_state', Kind.text),
  field(4, 'parent_span_id', Kind.spanId),
  field(5, 'name', Kind.text),
  field(6, 'kind', Kind.enum, { names: spanKinds }),
  field(7, 'start_time_unix_nano', Kind.time),
  field(8, 'end_time_unix_nano', Kind.time),
  field(9, 'attributes', Kind.entries),
  field(10, 'dropped_attributes_count', Kind.uint32),
  field(11, 'events', Kind.messages, { message: event }),
  field(12, 'dropped_events_count', Kind.uint32),
  field(13, 'links', Kind.messages, { message: link }),
  field(14, 'dropped_links_count', Kind.uint32),
  field(15, 'status', Kind.message, { message: status }),
  field(16, 'flags', Kind.fixed32),
])
