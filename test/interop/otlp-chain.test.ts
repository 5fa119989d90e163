/** Two of our own collectors in a row: OTLP exporters of one into the receiver of the other, with mutual TLS and tokens. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Host, startHost } from '../../core/cli/host.ts'
import { configOrThrow, loadConfig } from '../../core/config/index.ts'
import { loadPlugin } from '../../core/engine/index.ts'
import { logs, metrics, spans } from '../../core/kit/index.ts'
import type { Batch, Signal } from '../../core/kit/index.ts'
import { silent } from '../marcus/live.ts'
import { freePort } from '../../core/http/free-port.ts'
import { waitFor } from '../setup/wait-for.ts'

const STOP_MS = 10_000
const tlsFolder = new URL('../fixtures/tls', import.meta.url).pathname
const signals = ['logs', 'metrics', 'traces'] as const satisfies readonly Signal[]

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

const start = async (yaml: string, folder: string): Promise<Host> => {
  const loaded = await loadConfig({ files: [`yaml:${yaml}`], env: {}, cwd: folder, loadPlugin })
  const host = await startHost({
    config: configOrThrow(loaded),
    log: silent,
    dataDirectory: mkdtempSync(join(folder, 'data-')),
    once: false,
    configuration: ['test'],
  })
  cleanUps.push(() => host.stop(STOP_MS))
  await waitFor('every component to be well', () => host.collector.status().every(({ state }) => state === 'ok'))
  return host
}

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'otlp-chain-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The far end: lets in who has a certificate and the token, and writes a file for each signal. */
const backYaml = (grpc: number, http: number, token: string): string => {
  const tls = `{ cert_file: ${tlsFolder}/server.pem, key_file: ${tlsFolder}/server.key, client_ca_file: ${tlsFolder}/ca.pem }`
  const end = (port: number): string =>
    `{ endpoint: '127.0.0.1:${port}', tls: ${tls}, auth: { authenticator: bearertokenauth } }`
  return `extensions: { bearertokenauth: { token: ${token} } }
receivers: { otlp: { protocols: { grpc: ${end(grpc)}, http: ${end(http)} } } }
exporters:
${signals.map((signal) => `  file/${signal}: { path: ${signal}.json, format: otlp_json }`).join('\n')}
service:
  extensions: [bearertokenauth]
  pipelines:
${signals.map((signal) => `    ${signal}: { receivers: [otlp], exporters: [file/${signal}] }`).join('\n')}
`
}

const frontYaml = (own: number, grpc: number, http: number, token: string): string => {
  const tls = `{ ca_file: ${tlsFolder}/ca.pem, cert_file: ${tlsFolder}/client.pem, key_file: ${tlsFolder}/client.key, server_name_override: collector.test }`
  const shared = `auth: { authenticator: bearertokenauth }, tls: ${tls}, mirror_event_name: false`
  return `extensions: { bearertokenauth: { token: ${token} } }
receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:${own}' } } } }
exporters:
  otlp: { endpoint: '127.0.0.1:${grpc}', compression: zstd, ${shared} }
  otlp_http: { endpoint: 'https://127.0.0.1:${http}', encoding: json, ${shared} }
service:
  extensions: [bearertokenauth]
  pipelines:
${signals.map((signal) => `    ${signal}: { receivers: [otlp], exporters: [otlp, otlp_http] }`).join('\n')}
`
}

const T = 1_700_000_000_123_456_789n
const batches: Readonly<Record<Signal, Batch>> = {
  logs: logs([
    { time: T, eventName: 'a.b', attributes: { n: 2n ** 62n, nested: { l: [1, null, 'x'] } } },
    { body: 'x' },
  ]),
  metrics: metrics([{ name: 'm', type: 'gauge', dataPoints: [{ value: 0.5, time: T, attributes: { a: 'b' } }] }]),
  traces: spans([{ traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708', name: 's', startTime: T }]),
}

const send = (port: number, signal: Signal): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.concat(batches[signal].encode('otlp_proto')),
  })

describe('OTLP from collector to collector', () => {
  it('carries every signal unchanged over gRPC and HTTP, with certificates and tokens on both', async () => {
    const folder = newFolder()
    const [own, grpc, http] = [await freePort(), await freePort(), await freePort()]
    await start(backYaml(grpc, http, 'right'), folder)
    const front = await start(frontYaml(own, grpc, http, 'right'), folder)
    for (const signal of signals) {
      expect((await send(own, signal)).status, signal).toBe(200)
      const file = join(folder, `${signal}.json`)
      const lines = await waitFor(`both copies of the ${signal}`, () => {
        const text = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
        return text.length === 2 ? text : undefined
      })
      const sent: unknown = JSON.parse(Buffer.concat(batches[signal].encode('otlp_json')).toString())
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([sent, sent])
    }
    expect(front.collector.balance().filter(({ balanced }) => !balanced)).toEqual([])
  })

  it('counts what is refused because of a wrong token, and says why', async () => {
    const folder = newFolder()
    const [own, grpc, http] = [await freePort(), await freePort(), await freePort()]
    await start(backYaml(grpc, http, 'right'), folder)
    const front = await start(frontYaml(own, grpc, http, 'wrong'), folder)
    await send(own, 'logs')
    const dropped = await waitFor('both exporters to give up', () => {
      const counts = front.collector.balance().flatMap((balance) => Object.entries(balance.dropped))
      return counts.length === 2 ? Object.fromEntries(counts) : undefined
    })
    expect(dropped).toEqual({
      'exporter/otlp: unauthenticated': 2,
      'exporter/otlp_http: unauthenticated': 2,
    })
    const reasons = front.collector.status().map(({ reason }) => reason)
    expect(reasons.filter((reason) => reason?.includes('127.0.0.1'))).toHaveLength(2)
  })
})
