/** A real OpenTelemetry Collector takes what our OTLP exporters send, all signals, and writes down what it understood. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withEventNameAttribute } from 'seneca-collector/otlp'
import { harness } from 'seneca-collector/testing'
import otlp from '../../plugins/exporters/otlp/index.ts'
import otlpHttp from '../../plugins/exporters/otlp_http/index.ts'
import { batchOf, normal } from '../otlp/batches.ts'
import { startOtelcol } from '../peers/otelcol.ts'
import type { RunningOtelcol } from '../peers/otelcol.ts'
import { peer } from '../peers/peers.ts'
import { freePort } from '../../core/http/free-port.ts'
import { waitFor } from '../setup/wait-for.ts'

const otelcol = await peer('otelcol')

describe.skipIf(otelcol.program === undefined)('the real collector', () => {
  const folder = mkdtempSync(join(tmpdir(), 'otlp-exporters-'))
  let collector: RunningOtelcol
  let ports: { readonly grpc: number; readonly http: number }

  beforeAll(async () => {
    ports = { grpc: await freePort(), http: await freePort() }
    const signals = ['logs', 'metrics', 'traces']
    const exporters = signals.map(
      (signal) => `file/${signal}: { path: '${folder}/${signal}.json', flush_interval: 50ms }`,
    )
    const pipelines = signals.map((signal) => `${signal}: { receivers: [otlp], exporters: [file/${signal}] }`)
    const protocols = `{ grpc: { endpoint: '127.0.0.1:${ports.grpc}' }, http: { endpoint: '127.0.0.1:${ports.http}' } }`
    collector = await startOtelcol(
      otelcol.program ?? '',
      `receivers: { otlp: { protocols: ${protocols} } }
exporters: { ${exporters.join(', ')} }
service: { telemetry: { metrics: { level: none } }, pipelines: { ${pipelines.join(', ')} } }
`,
    )
  }, 300_000)
  afterAll(async () => {
    await collector?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const exporters = {
    'otlp, gzip': () => harness(otlp, { endpoint: `http://127.0.0.1:${ports.grpc}` }),
    'otlp, zstd': () => harness(otlp, { endpoint: `http://127.0.0.1:${ports.grpc}`, compression: 'zstd' }),
    'otlp, none': () => harness(otlp, { endpoint: `http://127.0.0.1:${ports.grpc}`, compression: 'none' }),
    'otlp_http, proto, gzip': () => harness(otlpHttp, { endpoint: `http://127.0.0.1:${ports.http}` }),
    'otlp_http, proto, zstd': () =>
      harness(otlpHttp, { endpoint: `http://127.0.0.1:${ports.http}`, compression: 'zstd' }),
    'otlp_http, json, deflate': () =>
      harness(otlpHttp, { endpoint: `http://127.0.0.1:${ports.http}`, encoding: 'json', compression: 'deflate' }),
    'otlp_http, json, none': () =>
      harness(otlpHttp, { endpoint: `http://127.0.0.1:${ports.http}`, encoding: 'json', compression: 'none' }),
  } as const

  for (const [name, open] of Object.entries(exporters)) {
    it(`understands what is sent with ${name}`, async () => {
      const exporter = await open()
      try {
        for (const signal of ['logs', 'metrics', 'traces'] as const) {
          const mark = `${signal} by ${name}`
          const batch = batchOf[signal](mark)
          await exporter.consume(batch)
          const file = join(folder, `${signal}.json`)
          const line = await waitFor('the collector to write it down', () =>
            existsSync(file)
              ? readFileSync(file, 'utf8')
                  .split('\n')
                  .find((one) => one.includes(mark))
              : undefined,
          )
          const sent = Buffer.concat(withEventNameAttribute(batch).encode('otlp_json')).toString()
          expect(JSON.parse(normal(signal, line)), mark).toEqual(JSON.parse(normal(signal, sent)))
        }
        expect(exporter.dropped).toEqual({})
      } finally {
        await exporter.stop()
      }
    })
  }
})
