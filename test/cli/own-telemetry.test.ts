/** The collector's own traces and metrics, as they arrive where they are sent to: real OTLP over HTTP, real scrapes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startHost, type Host } from '../../core/cli/host.ts'
import { configOrThrow, loadConfig } from '../../core/config/index.ts'
import { loadPlugin } from '../../core/engine/loader.ts'
import { decode, type Batch } from '../../core/kit/index.ts'
import { silent } from '../marcus/live.ts'
import { waitFor } from '../setup/wait-for.ts'

let folder: string
const cleanups: (() => unknown)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seneca-own-telemetry-'))
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  rmSync(folder, { recursive: true, force: true })
})

interface Request {
  readonly path: string
  readonly token: string | undefined
  readonly body: Buffer
}

/** Takes all OTLP that it is sent. */
const backend = async (): Promise<{ url: string; requests: Request[] }> => {
  const requests: Request[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks)
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
      requests.push({ path: request.url ?? '', token: request.headers['x-token'] as string | undefined, body })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

const start = async (telemetry: object, log = silent): Promise<Host> => {
  const yaml = JSON.stringify({
    receivers: { generator: { rate: 0, count: 3, seed: 1 } },
    processors: { filter: {} },
    exporters: { file: { path: join(folder, 'out.jsonl'), format: 'envelope' } },
    service: {
      telemetry,
      pipelines: { logs: { receivers: ['generator'], processors: ['filter'], exporters: ['file'] } },
    },
  })
  const loaded = await loadConfig({ files: [`yaml:${yaml}`], env: {}, cwd: folder, loadPlugin })
  const host = await startHost({
    config: configOrThrow(loaded),
    log,
    dataDirectory: folder,
    once: true,
    configuration: [],
  })
  cleanups.push(() => host.stop(0))
  return host
}

const spansOf = (requests: readonly Request[], format: 'otlp_proto' | 'otlp_json') =>
  requests.flatMap(({ body }) => Array.from(decode('traces', format, body) as Batch<'traces'>, (span) => span.keep()))

describe('own traces', () => {
  it.each([
    ['http/protobuf', 'otlp_proto'],
    ['http/json', 'otlp_json'],
  ] as const)('have a span for each batch in each component, nested as it went, over %s', async (protocol, format) => {
    const { url, requests } = await backend()
    const exporter = { otlp: { protocol, endpoint: url, headers: [{ name: 'x-token', value: 'secret' }] } }
    const host = await start({
      traces: { processors: [{ batch: { exporter } }] },
      resource: { 'deployment.environment': 'test' },
    })
    await host.ended
    await host.stop()
    expect(requests.every(({ path, token }) => path === '/v1/traces' && token === 'secret')).toBe(true)
    const spans = spansOf(requests, format)
    const named = (name: string) => spans.find((span) => span.name === name)
    const [received, filtered, written] = [
      named('receiver/generator/logs'),
      named('processor/filter/logs'),
      named('exporter/file/logs'),
    ]
    expect(received?.attributes.get('records')).toBe(3)
    expect(filtered?.parentSpanId).toBe(received?.spanId)
    expect(written).toMatchObject({ parentSpanId: filtered?.spanId, traceId: received?.traceId })
    expect(written?.resource.attributes.get('service.name')).toBe('seneca-collector')
    expect(written?.resource.attributes.get('deployment.environment')).toBe('test')
  })

  it('are not made when none are wanted', async () => {
    const { url, requests } = await backend()
    const exporter = { otlp: { endpoint: url } }
    const host = await start({ traces: { level: 'none', processors: [{ simple: { exporter } }] } })
    await host.ended
    await host.stop()
    const other = await start({
      traces: { sampler: { trace_id_ratio_based: { ratio: 0 } }, processors: [{ simple: { exporter } }] },
    })
    await other.ended
    await other.stop()
    expect(requests).toEqual([])
  })
})

describe('own metrics', () => {
  it('are sent over OTLP, at the latest when the collector stops', async () => {
    const { url, requests } = await backend()
    const host = await start({ metrics: { readers: [{ periodic: { exporter: { otlp: { endpoint: url } } } }] } })
    await host.ended
    await host.stop()
    const sent = requests.flatMap(({ path, body }) =>
      path === '/v1/metrics'
        ? Array.from(decode('metrics', 'otlp_proto', body) as Batch<'metrics'>, (one) => one.keep())
        : [],
    )
    const names = new Set(sent.map(({ name }) => name))
    expect(names).toContain('otelcol_exporter_sent_log_records')
    expect(names).toContain('seneca_pipeline_records')
  })

  it('can be fetched as Prometheus text', async () => {
    const urls: string[] = []
    const log = { ...silent, info: (_: string, fields?: object) => void urls.push(...Object.values(fields ?? {})) }
    await start({ metrics: { readers: [{ pull: { exporter: { prometheus: { port: 0, host: '127.0.0.1' } } } }] } }, log)
    const url = urls.find((one) => String(one).endsWith('/metrics'))!
    const text = await waitFor('all records to be counted', async () => {
      const page = await (await fetch(url)).text()
      return page.includes('otelcol_exporter_sent_log_records{exporter="file",pipeline="logs"} 3\n') && page
    })
    expect(text).toContain('# TYPE otelcol_receiver_accepted_log_records counter\n')
    expect((await fetch(url.replace('/metrics', '/'))).status).toBe(404)
  })
})
