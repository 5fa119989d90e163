/** The shape of metrics. Times are nanoseconds since the epoch, 0n = unknown; ids lower-case hex, '' when absent. */
import type { Double } from './double.ts'
import type { Nested, NestedDraft } from './span-types.ts'
import type { Attributes, BaseRecord, Draft, ValueMap } from './types.ts'

/** What kind of data a metric holds; '' when it holds none. */
export type MetricType = '' | 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary'

/** A whole `number` or `bigint` is an int64, a fractional `number` or a `Double` a double. */
export type PointValue = number | bigint | Double

export interface Exemplar extends Nested {
  readonly time: bigint
  readonly value: PointValue | undefined
  readonly spanId: string
  readonly traceId: string
  readonly filteredAttributes: Attributes
}

export interface Buckets {
  readonly offset: number
  readonly bucketCounts: readonly (number | bigint)[]
}

export interface QuantileValue {
  readonly quantile: number
  readonly value: number
}

/**
 * One data point of whatever type its metric is; what that type does not have is undefined, or an empty list.
 * Doubles are plain numbers here, except `value`, which knows an int64 from a double.
 */
export interface DataPoint extends Nested {
  readonly attributes: Attributes
  readonly startTime: bigint
  readonly time: bigint
  readonly flags: number
  readonly exemplars: readonly Exemplar[]
  /** Of a gauge or sum; undefined when there is none, as with the flag "no recorded value". */
  readonly value: PointValue | undefined
  /** Of a histogram (both kinds) or summary; as bigint beyond 2^53. */
  readonly count: number | bigint | undefined
  readonly sum: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
  /** Of a histogram: one more than the bounds. */
  readonly bucketCounts: readonly (number | bigint)[]
  readonly explicitBounds: readonly number[]
  /** Of an exponential histogram: the base of the buckets is 2^(2^-scale). */
  readonly scale: number | undefined
  readonly zeroCount: number | bigint | undefined
  readonly zeroThreshold: number | undefined
  readonly positive: Buckets | undefined
  readonly negative: Buckets | undefined
  /** Of a summary. */
  readonly quantileValues: readonly QuantileValue[]
}

/** A metric with its data points. Decodes what is asked for. In a filter or edit callback it is valid only inside it. */
export interface MetricRecord extends BaseRecord {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly type: MetricType
  /** 0 unspecified, 1 delta, 2 cumulative; 0 as well for gauges and summaries. */
  readonly aggregationTemporality: number
  /** Of a sum. */
  readonly isMonotonic: boolean
  readonly metadata: Attributes
  /** Counted in the bytes. */
  readonly pointCount: number
  readonly dataPoints: readonly DataPoint[]
  /** A copy that outlives the callback it was handed to. */
  keep(): MetricRecord
}

/**
 * `set(['type'], 'sum')` makes a sum of a gauge, and a gauge of a sum, with the points it has; a metric without points
 * may become any type.
 */
export interface MetricDraft extends Draft<MetricRecord> {
  /** The points, each to be edited or taken out. The list is the one of the moment it was asked for. */
  readonly dataPoints: readonly NestedDraft<DataPoint>[]
}

interface PointInit {
  readonly attributes?: ValueMap
  readonly startTime?: bigint
  readonly time?: bigint
  readonly flags?: number
}

export interface ExemplarInit {
  readonly time?: bigint
  readonly value?: PointValue
  readonly spanId?: string
  readonly traceId?: string
  readonly filteredAttributes?: ValueMap
}

export interface NumberPointInit extends PointInit {
  readonly value?: PointValue
  readonly exemplars?: readonly ExemplarInit[]
}

export interface HistogramPointInit extends PointInit {
  readonly count?: number | bigint
  readonly sum?: number
  readonly min?: number
  readonly max?: number
  readonly bucketCounts?: readonly (number | bigint)[]
  readonly explicitBounds?: readonly number[]
  readonly exemplars?: readonly ExemplarInit[]
}

export interface BucketsInit {
  readonly offset?: number
  readonly bucketCounts?: readonly (number | bigint)[]
}

export interface ExponentialHistogramPointInit extends PointInit {
  readonly count?: number | bigint
  readonly sum?: number
  readonly min?: number
  readonly max?: number
  readonly scale?: number
  readonly zeroCount?: number | bigint
  readonly zeroThreshold?: number
  readonly positive?: BucketsInit
  readonly negative?: BucketsInit
  readonly exemplars?: readonly ExemplarInit[]
}

export interface SummaryPointInit extends PointInit {
  readonly count?: number | bigint
  readonly sum?: number
  readonly quantileValues?: readonly { readonly quantile?: number; readonly value?: number }[]
}

interface MetricBase {
  readonly name: string
  readonly description?: string
  readonly unit?: string
  readonly metadata?: ValueMap
}

/** A metric as plain values: what a plugin builds with `metrics(...)`. */
export type MetricInit = MetricBase &
  (
    | { readonly type: 'gauge'; readonly dataPoints?: readonly NumberPointInit[] }
    | {
        readonly type: 'sum'
        readonly aggregationTemporality?: number
        readonly isMonotonic?: boolean
        readonly dataPoints?: readonly NumberPointInit[]
      }
    | {
        readonly type: 'histogram'
        readonly aggregationTemporality?: number
        readonly dataPoints?: readonly HistogramPointInit[]
      }
    | {
        readonly type: 'exponential_histogram'
        readonly aggregationTemporality?: number
        readonly dataPoints?: readonly ExponentialHistogramPointInit[]
      }
    | { readonly type: 'summary'; readonly dataPoints?: readonly SummaryPointInit[] }
  )
