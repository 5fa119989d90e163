/** W4: W2 with debug dropped (30 %), three attributes set, one renamed and one put in upper case. */
import { relayWorkload } from './otlp/relay.ts'
import { otelcol, seneca, TUNED, tunedOtelcol } from './ways.ts'
import type { BenchOptions, Workload } from './workload.ts'

export const w4 = async (options: BenchOptions): Promise<Workload> =>
  relayWorkload(
    {
      name: 'W4',
      title: 'OTLP/HTTP → filter, edits, batch → OTLP/HTTP, 100 a request',
      relay: { protocol: 'http', perRequest: 100, edits: true },
      ways: [seneca('w4/collector.yaml'), otelcol('w4/collector.yaml'), tunedOtelcol('w4/collector.yaml')],
      gates: [
        { against: 'otelcol', gate: 0.45, aim: 0.22 },
        { against: TUNED, gate: 0.6, aim: 0.3 },
      ],
    },
    options,
  )
