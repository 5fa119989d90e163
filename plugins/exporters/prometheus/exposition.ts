/**
 * Series as text, in both formats Prometheus reads: its own (0.0.4) and OpenMetrics 1.0.
 *
 *   # HELP family text
 *   # TYPE family counter
 *   name{label="value",…} 12 [time] [# {trace_id="…"} 0.3 time]
 *
 * OpenMetrics differs: a counter's family has no `_total`, times are seconds, bounds are floats (`le="1.0"`), units have
 * a line of their own, only there are exemplars, and `# EOF` ends it.
 */
import { numberText, samplesOf, unitName } from 'seneca-collector/prometheus'
import type { ExemplarOf, Family, Labels, Sample, Series } from 'seneca-collector/prometheus'

export type Format = 'text' | 'openmetrics'

export interface Shown {
  readonly families: Iterable<Family>
  readonly targets: Iterable<Labels>
  readonly timestamps: boolean
  /** What `target_info` is called. */
  readonly targetName: string
}

const NANOS_PER_MS = 1_000_000n
const MS_PER_SECOND = 1_000

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

const help = (text: string, format: Format): string =>
  format === 'openmetrics' ? escaped(text) : text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')

const labelText = (labels: Labels): string => labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')

const braced = (labels: string, extra: string): string => {
  if (labels === '' && extra === '') return ''
  return `{${labels}${labels !== '' && extra !== '' ? ',' : ''}${extra}}`
}

/** A bound or quantile; OpenMetrics wants a float even where it is whole. */
const boundText = (value: number, format: Format): string => {
  const text = numberText(value)
  return format === 'openmetrics' && /^-?\d+$/.test(text) ? `${text}.0` : text
}

const seconds = (time: bigint): string => String(Number(time / NANOS_PER_MS) / MS_PER_SECOND)

const timeText = (time: bigint, format: Format): string =>
  format === 'openmetrics' ? ` ${seconds(time)}` : ` ${time / NANOS_PER_MS}`

const exemplarText = ({ value, time, traceId, spanId }: ExemplarOf): string => {
  const labels = [
    ...(traceId === '' ? [] : [`trace_id="${traceId}"`]),
    ...(spanId === '' ? [] : [`span_id="${spanId}"`]),
  ]
  return ` # {${labels.join(',')}} ${numberText(value)}${time === 0n ? '' : ` ${seconds(time)}`}`
}

/** The newest exemplar that this sample may carry: a counter's any, a bucket's one of its own. */
const exemplarOf = (series: Series, sample: Sample, above: number): ExemplarOf | undefined => {
  const upTo = sample.label?.[0] === 'le' ? sample.label[1] : undefined
  let newest: ExemplarOf | undefined
  for (const one of series.exemplars) {
    if (upTo !== undefined && !(one.value <= upTo && one.value > above)) continue
    if (newest === undefined || one.time >= newest.time) newest = one
  }
  return newest
}

const seriesText = (
  out: string[],
  name: string,
  family: Family,
  series: Series,
  shown: Shown,
  format: Format,
): void => {
  const labels = labelText(series.labels)
  const time = shown.timestamps && series.time !== 0n ? timeText(series.time, format) : ''
  const total = format === 'openmetrics' && family.type === 'counter' ? '_total' : ''
  const mayHaveExemplar = format === 'openmetrics' && series.exemplars.length > 0
  let above = Number.NEGATIVE_INFINITY
  for (const sample of samplesOf(series.point)) {
    const { suffix, label, value } = sample
    const extra = label === undefined ? '' : `${label[0]}="${boundText(label[1], format)}"`
    const carries = mayHaveExemplar && (suffix === '_bucket' || family.type === 'counter')
    const exemplar = carries ? exemplarOf(series, sample, above) : undefined
    if (label !== undefined) above = label[1]
    out.push(
      `${name}${suffix}${total}${braced(labels, extra)} ${numberText(value)}${time}${exemplar === undefined ? '' : exemplarText(exemplar)}\n`,
    )
  }
}

const familyText = (out: string[], family: Family, shown: Shown, format: Format): void => {
  const isOpen = format === 'openmetrics'
  const name = isOpen && family.type === 'counter' ? family.name.replace(/_total$/, '') : family.name
  out.push(`# HELP ${name} ${help(family.help, format)}\n# TYPE ${name} ${family.type}\n`)
  const unit = isOpen ? unitName(family.unit) : ''
  if (unit !== '' && name.endsWith(`_${unit}`)) out.push(`# UNIT ${name} ${unit}\n`)
  for (const series of family.series.values()) seriesText(out, name, family, series, shown, format)
}

const targetsText = (out: string[], { targets, targetName }: Shown, format: Format): void => {
  const lines = [...targets].map((labels) => `${targetName}{${labelText(labels)}} 1\n`)
  if (lines.length === 0) return
  const [name, type] = format === 'openmetrics' ? [targetName.replace(/_info$/, ''), 'info'] : [targetName, 'gauge']
  out.push(`# HELP ${name} Target metadata\n# TYPE ${name} ${type}\n`, ...lines)
}

export const expose = (shown: Shown, format: Format): string => {
  const out: string[] = []
  const families = [...shown.families].sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const family of families) familyText(out, family, shown, format)
  targetsText(out, shown, format)
  if (format === 'openmetrics') out.push('# EOF\n')
  return out.join('')
}
