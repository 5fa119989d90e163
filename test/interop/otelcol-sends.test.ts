/** A real OpenTelemetry Collector hands on to our receiver, with both of its OTLP exporters and each way to compress. */
import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../core/http/free-port.ts'
import { waitFor } from '../setup/wait-for.ts'
import { batchOf, normal } from '../otlp/batches.ts'
import { ask, cleanups, open } from '../otlp/receiver.ts'
import { startOtelcol } from '../peers/otelcol.ts'
import { peer } from '../peers/peers.ts'

const otelcol = await peer('otelcol')
const signals = ['logs', 'metrics', 'traces'] as const

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** What a Collector that offers `exporter` takes, and hands on. */
const startBetween = async (program: string, exporter: string): Promise<string> => {
  const port = await freePort()
  const pipelines = signals.map((signal) => `${signal}: { receivers: [otlp], exporters: [${exporter.split(':')[0]}] }`)
  const collector = await startOtelcol(
    program,
    `receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:${port}' } } } }
exporters: { ${exporter} }
service: { telemetry: { metrics: { level: none } }, pipelines: { ${pipelines.join(', ')} } }
`,
  )
  cleanups.push(() => collector.stop())
  return `127.0.0.1:${port}`
}

const PLAIN = 'tls: { insecure: true }'
const exporters: Readonly<Record<string, (at: { readonly grpc: string; readonly http: string }) => string>> = {
  'otlp, gzip': ({ grpc }) => `otlp: { endpoint: '${grpc}', ${PLAIN} }`,
  'otlp, zstd': ({ grpc }) => `otlp: { endpoint: '${grpc}', ${PLAIN}, compression: zstd }`,
  'otlp, none': ({ grpc }) => `otlp: { endpoint: '${grpc}', ${PLAIN}, compression: none }`,
  'otlphttp, gzip': ({ http }) => `otlphttp: { endpoint: 'http://${http}' }`,
  'otlphttp, zstd': ({ http }) => `otlphttp: { endpoint: 'http://${http}', compression: zstd }`,
  'otlphttp, deflate, JSON': ({ http }) =>
    `otlphttp: { endpoint: 'http://${http}', compression: deflate, encoding: json }`,
}

describe('the real collector', () => {
  it.for(Object.keys(exporters))('hands on what it got with %s', async (name, { skip }) => {
    if (otelcol.program === undefined) return skip(otelcol.reason)
    const at = await open()
    const between = await startBetween(otelcol.program, exporters[name]!(at))
    for (const signal of signals) {
      const sent = batchOf[signal](`${signal} by ${name}`)
      const body = Buffer.concat(sent.encode('otlp_proto'))
      expect((await ask(between, { path: `/v1/${signal}`, body })).status).toBe(200)
      const batch = await waitFor(`the ${signal}`, () => at.test.batches.find((one) => one.signal === signal))
      const json = (one: typeof sent): unknown =>
        JSON.parse(normal(signal, Buffer.concat(one.encode('otlp_json')).toString()))
      expect(json(batch)).toEqual(json(sent))
    }
    expect(at.test.inspect()).toMatchObject({ refused_requests: {} })
  })
})
