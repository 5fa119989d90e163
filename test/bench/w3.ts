/** W3: OTLP/gRPC logs → batches of 8,192 or 200 ms → OTLP/gRPC, 100 records a request. */
import { relayWorkload } from './otlp/relay.ts'
import { otelcol, seneca, tunedOtelcol } from './ways.ts'
import type { BenchOptions, Workload } from './workload.ts'

export const w3 = async (options: BenchOptions): Promise<Workload> =>
  relayWorkload(
    {
      name: 'W3',
      title: 'OTLP/gRPC → batch → OTLP/gRPC, 100 a request',
      relay: { protocol: 'grpc', perRequest: 100 },
      ways: [seneca('w3/collector.yaml'), otelcol('w3/collector.yaml'), tunedOtelcol('w3/collector.yaml')],
      gates: [{ against: 'otelcol', gate: 0.6, aim: 0.35 }],
    },
    options,
  )
