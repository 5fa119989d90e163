/** Spans and metrics out of plain objects, written as one request. */
import type { LogsOptions, MetricInit, SpanInit, Value, ValueMap } from '../../types.ts'
import { decodeOtlp } from '../decode.ts'
import type { OtlpPart } from '../part.ts'
import { close, writeText } from '../write.ts'
import type { BackWriter } from '../writer.ts'
import { resource, scope } from './around.ts'
import { metricCodec, spanCodec } from './codec.ts'
import type { Message } from './describe.ts'
import { dataFields, metric } from './metric.ts'
import { span } from './span.ts'
import { writeField, writeMessage } from './write.ts'
import { written } from './written.ts'

const writeUrl = (w: BackWriter, url: string | undefined): void => {
  if (url !== undefined && url !== '') writeText(w, 3, url)
}

const writeHeader = (w: BackWriter, message: Message, members: ValueMap | undefined): void => {
  if (members === undefined) return
  const mark = w.mark
  writeMessage(w, message, members, 'init')
  close(w, 1, mark)
}

/** Field 1 of the request around records, each of which `write` writes without its tag. */
const requestOf = <R>(
  records: readonly R[],
  { resource: about = {}, scope: by = {} }: LogsOptions,
  write: (w: BackWriter, record: R) => void,
): Uint8Array =>
  written((w) => {
    const { schemaUrl: resourceUrl, ...resourceMembers } = about
    const { schemaUrl: scopeUrl, ...scopeMembers } = by
    writeUrl(w, resourceUrl)
    const end = w.mark
    writeUrl(w, scopeUrl)
    for (let i = records.length - 1; i >= 0; i--) {
      const mark = w.mark
      write(w, records[i]!)
      close(w, 2, mark)
    }
    writeHeader(w, scope, scopeMembers)
    close(w, 2, end)
    writeHeader(w, resource, resourceMembers)
    close(w, 1, 0)
  })

export const spanParts = (records: readonly SpanInit[], options: LogsOptions): OtlpPart<'traces'>[] => {
  if (records.length === 0) return []
  const write = (w: BackWriter, init: SpanInit): void => writeMessage(w, span, init as unknown as ValueMap, 'init')
  return decodeOtlp(spanCodec, requestOf(records, options, write))
}

const writeMetric = (w: BackWriter, init: MetricInit): void => {
  const { name, description, unit, metadata, type, ...data } = init
  const field = dataFields.get(type)
  if (field === undefined)
    throw new TypeError(`type cannot be ${JSON.stringify(type)}; it can be ${[...dataFields.keys()].join(', ')}`)
  const members = { name, description, unit, metadata } as Record<string, Value>
  const write = (one: string, value: Value | undefined): void => {
    if (value !== undefined) writeField(w, metric.byName.get(one)!, value, 'init')
  }
  write('metadata', members['metadata'])
  writeField(w, field, data as unknown as ValueMap, 'init')
  for (const one of ['unit', 'description', 'name']) write(one, members[one])
}

export const metricParts = (records: readonly MetricInit[], options: LogsOptions): OtlpPart<'metrics'>[] =>
  records.length === 0 ? [] : decodeOtlp(metricCodec, requestOf(records, options, writeMetric))
