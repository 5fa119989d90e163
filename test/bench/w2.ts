/** W2: OTLP/HTTP protobuf logs → batches of 8,192 or 200 ms → OTLP/HTTP, with 100 and with 1,000 records a request, and with gzip. */
import { relayWorkload, type RelayWorkload } from './otlp/relay.ts'
import { fluentBit, otelcol, seneca, tunedOtelcol, TUNED } from './ways.ts'
import type { BenchOptions, Workload } from './workload.ts'

const ways = [
  seneca('w2/collector.yaml'),
  otelcol('w2/collector.yaml'),
  tunedOtelcol('w2/collector.yaml'),
  fluentBit('w2/fluent-bit.conf'),
]
const gates = [
  { against: 'otelcol', gate: 0.35, aim: 0.2 },
  { against: TUNED, gate: 0.55, aim: 0.3 },
]

const hundred: RelayWorkload = {
  name: 'W2',
  title: 'OTLP/HTTP → batch → OTLP/HTTP, 100 a request',
  relay: { protocol: 'http', perRequest: 100 },
  ways,
  gates,
}

const thousand: RelayWorkload = {
  name: 'W2k',
  title: 'OTLP/HTTP → batch → OTLP/HTTP, 1,000 a request',
  relay: { protocol: 'http', perRequest: 1_000 },
  ways,
  gates,
}

const gzip: RelayWorkload = {
  name: 'W2gzip',
  title: 'OTLP/HTTP → batch → OTLP/HTTP, 100 a request, gzip in and out',
  relay: { protocol: 'http', perRequest: 100, gzip: true },
  ways: [seneca('w2/collector.yaml'), otelcol('w2/collector.yaml')],
  gates: [{ against: 'otelcol', gate: 0.65, aim: 0.45 }],
}

export const w2 = async (options: BenchOptions): Promise<Workload> => relayWorkload(hundred, options)
export const w2k = async (options: BenchOptions): Promise<Workload> => relayWorkload(thousand, options)
export const w2gzip = async (options: BenchOptions): Promise<Workload> => relayWorkload(gzip, options)
