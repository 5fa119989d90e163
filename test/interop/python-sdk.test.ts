/** The official Python SDK's exporters, every signal over every protocol, into the otlp receiver. */
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Double } from '../../core/kit/index.ts'
import { cleanups, open } from '../otlp/receiver.ts'
import { seenLog, seenMetric, seenMetrics, seenSpan, seenSpans } from '../otlp/seen.ts'
import { run } from '../peers/child.ts'
import { pythonSdk } from '../peers/python.ts'

const python = await pythonSdk()
const SCRIPT = join(import.meta.dirname, '../peers/python/send.py')
const MANY = 1_000

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const cases = ['grpc', 'http/protobuf', 'http/json'].flatMap((protocol) =>
  ['none', 'gzip'].map((compression) => ({ protocol, compression })),
)

describe('the OpenTelemetry SDK for Python', () => {
  it.for(cases)(
    'brings every signal over $protocol, compression $compression',
    async ({ protocol, compression }, { skip }) => {
      if (python.program === undefined) return skip(python.reason)
      const { test, grpc, http } = await open()
      const env = {
        PATH: process.env['PATH'],
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://${protocol === 'grpc' ? grpc : http}`,
        // Over gRPC the SDK knows no word for none.
        ...(compression === 'gzip' && { OTEL_EXPORTER_OTLP_COMPRESSION: compression }),
      }
      const ended = await run(python.program, [SCRIPT, protocol, String(MANY)], { env })
      expect(ended).toEqual({ code: 0, errors: '' })
      const records = test.recordsOf('logs')
      expect(records.map(seenLog)).toEqual(
        Array.from({ length: MANY }, (_, n) => [`log ${n}`, 'task.completed', 9, n, 'python', 'test']),
      )
      expect(Object.fromEntries(records[0]!.attributes)).toEqual({
        n: 0,
        large: 2n ** 62n,
        whole: new Double(5),
        list: ['a', 'b'],
        deep: { x: true },
        raw: new Uint8Array([0, 255]),
      })
      expect(test.recordsOf('traces').map(seenSpan)).toEqual(seenSpans)
      expect(test.recordsOf('metrics').map(seenMetric)).toEqual(seenMetrics)
      expect(test.inspect()).toMatchObject({ refused_requests: {}, request_bytes: 0 })
    },
  )
})
