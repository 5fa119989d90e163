/**
 * Remote write 1.0 (prometheus/prompb), before snappy:
 *
 *   WriteRequest   { 1: repeated TimeSeries, 3: repeated MetricMetadata }
 *   TimeSeries     { 1: repeated Label { 1: name, 2: value }, 2: repeated Sample, 3: repeated Exemplar }
 *   Sample         { 1: double value, 2: int64 timestamp_ms }
 *   Exemplar       { 1: repeated Label, 2: double value, 3: int64 timestamp_ms }
 *   MetricMetadata { 1: enum type, 2: name, 4: help, 5: unit }
 */
import { BackWriter } from 'seneca-collector/otlp'
import { unitName } from 'seneca-collector/prometheus'
import type { ExemplarOf, Family, FamilyType, Labels } from 'seneca-collector/prometheus'
import { STALE } from './series.ts'
import type { WriteSample, WriteSeries, Written } from './series.ts'

const NANOS_PER_MS = 1_000_000n
/** value.StaleNaN of Prometheus; a number of JavaScript's would not keep its bits. */
const STALE_BITS = 0x7ff0_0000_0000_0002n
const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const METADATA_TYPES: Readonly<Record<FamilyType, number>> = { counter: 1, gauge: 2, histogram: 3, summary: 5 }

const tag = (field: number, type: number): number => field * 8 + type

const nested = (out: BackWriter, field: number, write: () => void): void => {
  const mark = out.mark
  write()
  out.varint(out.mark - mark)
  out.varint(tag(field, LENGTH))
}

const text = (out: BackWriter, field: number, value: string): void => nested(out, field, () => out.text(value))

const time = (out: BackWriter, field: number, nanos: bigint): void => {
  out.int64(nanos / NANOS_PER_MS)
  out.varint(tag(field, VARINT))
}

const writeLabels = (out: BackWriter, labels: Labels): void => {
  for (const [name, value] of labels.toReversed()) {
    nested(out, 1, () => {
      text(out, 2, value)
      text(out, 1, name)
    })
  }
}

const writeSample = (out: BackWriter, sample: WriteSample): void => {
  time(out, 2, sample.time)
  if (sample.value === STALE) out.fixed64(STALE_BITS)
  else out.double(sample.value)
  out.varint(tag(1, FIXED64))
}

const writeExemplar = (out: BackWriter, { value, time: at, traceId, spanId }: ExemplarOf): void => {
  time(out, 3, at)
  out.double(value)
  out.varint(tag(2, FIXED64))
  const ids = [['span_id', spanId] as const, ['trace_id', traceId] as const]
  writeLabels(
    out,
    ids.filter(([, id]) => id !== ''),
  )
}

const writeSeries = (out: BackWriter, { labels, samples, exemplars }: WriteSeries): void => {
  for (const one of exemplars.toReversed()) nested(out, 3, () => writeExemplar(out, one))
  for (const one of samples.toReversed()) nested(out, 2, () => writeSample(out, one))
  writeLabels(out, labels)
}

const writeMetadata = (out: BackWriter, { name, type, help, unit }: Family): void => {
  const unitText = unitName(unit)
  if (unitText !== '') text(out, 5, unitText)
  if (help !== '') text(out, 4, help)
  text(out, 2, name)
  out.varint(METADATA_TYPES[type])
  out.varint(tag(1, VARINT))
}

/** Requests of at most `mostBytes`, unless one series alone is larger; metadata goes with the last. */
export const requestsOf = (written: Written, withMetadata: boolean, mostBytes: number): Uint8Array[] => {
  const requests: Uint8Array[] = []
  const out = new BackWriter()
  if (withMetadata) for (const family of written.families.values()) nested(out, 3, () => writeMetadata(out, family))
  // From the last to the first, as the writer goes: in the requests they stand in their order.
  for (const series of written.series.toReversed()) {
    const mark = out.mark
    nested(out, 1, () => writeSeries(out, series))
    if (out.mark <= mostBytes || mark === 0) continue
    out.rewind(mark)
    requests.push(out.take())
    nested(out, 1, () => writeSeries(out, series))
  }
  if (out.mark > 0) requests.push(out.take())
  return requests.reverse()
}
