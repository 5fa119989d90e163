/** The metric that people see. */
import type {
  Attributes,
  Buckets,
  DataPoint,
  Exemplar,
  MetricRecord,
  MetricType,
  NestedDraft,
  PointValue,
  QuantileValue,
  Value,
} from '../../types.ts'
import { metric, pointsField } from './metric.ts'
import { typeOf } from './metric-type.ts'
import { draftsOf, EntriesView, NestedView } from './nested.ts'
import type { Node } from './node.ts'
import { RecordView } from './record-view.ts'

type Counts = readonly (number | bigint)[]

const number = (value: Value | undefined): number | undefined => (value === undefined ? undefined : Number(value))

class ExemplarView extends NestedView implements Exemplar {
  get time(): bigint {
    return this.scalar('time_unix_nano') as bigint
  }
  get value(): PointValue | undefined {
    return this.scalar('value') as PointValue | undefined
  }
  get spanId(): string {
    return this.scalar('span_id') as string
  }
  get traceId(): string {
    return this.scalar('trace_id') as string
  }
  get filteredAttributes(): Attributes {
    return new EntriesView(this.node, 'filtered_attributes')
  }
}

class PointView extends NestedView implements DataPoint {
  get startTime(): bigint {
    return this.scalar('start_time_unix_nano') as bigint
  }
  get time(): bigint {
    return this.scalar('time_unix_nano') as bigint
  }
  get flags(): number {
    return this.scalar('flags') as number
  }
  #list(name: string): readonly Node[] {
    const field = this.node.message.byName.get(name)
    return field ? this.node.list(field) : []
  }
  get exemplars(): readonly Exemplar[] {
    return this.#list('exemplars').map((node) => new ExemplarView(node))
  }
  get value(): PointValue | undefined {
    return this.scalar('value') as PointValue | undefined
  }
  get count(): number | bigint | undefined {
    return this.scalar('count') as number | bigint | undefined
  }
  get sum(): number | undefined {
    return number(this.scalar('sum'))
  }
  get min(): number | undefined {
    return number(this.scalar('min'))
  }
  get max(): number | undefined {
    return number(this.scalar('max'))
  }
  get bucketCounts(): Counts {
    return (this.scalar('bucket_counts') ?? []) as Counts
  }
  get explicitBounds(): readonly number[] {
    return ((this.scalar('explicit_bounds') ?? []) as readonly Value[]).map(Number)
  }
  get scale(): number | undefined {
    return this.scalar('scale') as number | undefined
  }
  get zeroCount(): number | bigint | undefined {
    return this.scalar('zero_count') as number | bigint | undefined
  }
  get zeroThreshold(): number | undefined {
    return number(this.scalar('zero_threshold'))
  }
  #buckets(name: string): Buckets | undefined {
    const field = this.node.message.byName.get(name)
    const node = field && this.node.peek(field)
    if (!node) return undefined
    const { byName } = node.message
    return {
      offset: node.scalar(byName.get('offset')!) as number,
      bucketCounts: node.scalar(byName.get('bucket_counts')!) as Counts,
    }
  }
  get positive(): Buckets | undefined {
    return this.#buckets('positive')
  }
  get negative(): Buckets | undefined {
    return this.#buckets('negative')
  }
  get quantileValues(): readonly QuantileValue[] {
    return this.#list('quantile_values').map((node) => {
      const { byName } = node.message
      return {
        quantile: Number(node.scalar(byName.get('quantile')!)),
        value: Number(node.scalar(byName.get('value')!)),
      }
    })
  }
}

export class MetricView extends RecordView implements MetricRecord {
  #text(name: string): string {
    return this.own.node.scalar(metric.byName.get(name)!) as string
  }
  get name(): string {
    return this.#text('name')
  }
  get description(): string {
    return this.#text('description')
  }
  get unit(): string {
    return this.#text('unit')
  }
  get type(): MetricType {
    return typeOf(this.own.node) as MetricType
  }
  #data(name: string): Value | undefined {
    const data = this.own.node.peekChoice()
    const field = data?.message.byName.get(name)
    return field && data!.scalar(field)
  }
  get aggregationTemporality(): number {
    return (this.#data('aggregation_temporality') ?? 0) as number
  }
  get isMonotonic(): boolean {
    return this.#data('is_monotonic') === true
  }
  get metadata(): Attributes {
    return new EntriesView(this.own.node, 'metadata')
  }
  get pointCount(): number {
    const data = this.own.node.peekChoice()
    return data ? data.count(pointsField(data.message)) : 0
  }
  get dataPoints(): readonly DataPoint[] {
    const data = this.own.node.peekChoice()
    return data ? data.list(pointsField(data.message)).map((node) => new PointView(node)) : []
  }
  keep(): MetricRecord {
    return new MetricView(this.kept())
  }
}

/** Opened for editing: several occurrences of the data are made one. */
export const pointDrafts = (node: Node): NestedDraft<DataPoint>[] =>
  draftsOf(node.choice(), 'data_points', (one) => new PointView(one))
