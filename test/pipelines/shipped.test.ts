/**
 * Every configuration that is shipped is started for real, beside the folder a Marcus has left, with sinks of this machine:
 * it must come up, be well, and deliver. Only what two tests cannot share is overridden: a fixed port.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as grpc from '@grpc/grpc-js'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Host, startHost } from '../../core/cli/host.ts'
import { configOrThrow, loadConfig } from '../../core/config/index.ts'
import { loadPlugin } from '../../core/engine/index.ts'
import { decode, systemClock } from '../../core/kit/index.ts'
import { bundledRecording, prepareReplay, type Replay } from '../../core/replay/index.ts'
import { root } from '../architecture/sources.ts'
import { readEvents, silent } from '../marcus/live.ts'
import { packagedNatsServer, startNatsServer } from '../setup/nats-server.ts'
import { missing } from '../setup/programs.ts'
import { waitFor } from '../setup/wait-for.ts'

const STOP_MS = 10_000
/** The recorded day has more; so many show that it is read. */
const MANY = 300

const home = mkdtempSync(join(tmpdir(), 'seneca-shipped-'))
const realHome = process.env['HOME']
const cleanUps: (() => unknown)[] = []
let replay: Replay

beforeAll(async () => {
  const folder = join(home, 'marcus')
  replay = await prepareReplay({ recording: bundledRecording(), folder, clock: systemClock, speed: Infinity })
  await replay.run()
  symlinkSync(join(folder, 'home'), join(home, '.marcus'))
  process.env['HOME'] = home
})
afterAll(async () => {
  if (realHome !== undefined) process.env['HOME'] = realHome
  await replay.close()
  rmSync(home, { recursive: true, force: true })
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

interface Running {
  readonly host: Host
  readonly folder: string
  delivered(): number
}

interface Case {
  readonly env?: Readonly<Record<string, string>>
  readonly set?: readonly string[]
  /** Files that must be there before the start. */
  readonly files?: Readonly<Record<string, string>>
}

const start = async (name: string, { env = {}, set = [], files = {} }: Case = {}): Promise<Running> => {
  const folder = mkdtempSync(join(home, 'run-'))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  const yaml = readFileSync(join(root, name), 'utf8')
  const loaded = await loadConfig({ files: [`yaml:${yaml}`], set, env, cwd: folder, loadPlugin })
  const host = await startHost({
    config: configOrThrow(loaded),
    log: silent,
    dataDirectory: join(folder, 'data'),
    once: false,
    configuration: [name],
  })
  cleanUps.push(async () => {
    const { drained, left } = await host.stop(STOP_MS)
    expect({ drained, left }).toEqual({ drained: true, left: {} })
    expect(host.collector.balance().filter(({ balanced }) => !balanced)).toEqual([])
  })
  await waitFor('every component to be well', () => host.collector.status().every(({ state }) => state === 'ok'))
  return {
    host,
    folder,
    delivered: () => host.collector.balance().reduce((sum, { delivered }) => sum + delivered, 0),
  }
}

/** Takes whatever is posted. */
const sink = async (): Promise<{ readonly url: string; readonly bodies: string[] }> => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      bodies.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('latin1'))
      response.writeHead(200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies }
}

/** Everything a websocket exporter has said from the first event on. */
const follow = async ({ host }: Running): Promise<readonly string[]> => {
  const { url } = host.collector.inspect('exporter/websocket', '', {}) as { readonly url: string }
  const types: string[] = []
  const socket = new WebSocket(`${url}?subscribe=*&from=0`)
  socket.addEventListener('message', ({ data }) => {
    const { type, seq } = JSON.parse(data as string) as { type?: string; seq?: number }
    if (type !== undefined && seq !== undefined) types.push(type)
  })
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  cleanUps.push(() => socket.close())
  return types
}

const PORT = ['exporters.websocket.endpoint=127.0.0.1:0']
const until = (what: string, probe: () => unknown): Promise<unknown> => waitFor(what, () => Boolean(probe()))

const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

const leveled = (n: number): string => `${JSON.stringify({ level: n % 2 === 0 ? 'debug' : 'info', n })}\n`

const tests: Readonly<Record<string, () => Promise<void>>> = {
  'collector.yaml': async () => {
    const running = await start('collector.yaml', { set: PORT })
    const types = await follow(running)
    const file = join(running.folder, 'seneca-events.jsonl')
    await until('live and kept events', () => types.length > MANY && readEvents(file).length > MANY)
    expect(types).toContain('task.completed')
  },
  'pipelines/alerts-slack.yaml': async () => {
    const { url, bodies } = await sink()
    await start('pipelines/alerts-slack.yaml', { env: { SLACK_WEBHOOK_URL: `${url}/services/x` } })
    await until('a message', () => bodies.length > 0)
    expect(JSON.parse(bodies[0]!)).toHaveProperty('text')
  },
  'pipelines/any-mcp-server.yaml': async () => {
    // At the end of the recorded day Marcus was stopped.
    await replay.mcp!.up()
    cleanUps.push(() => replay.mcp!.down())
    const running = await start('pipelines/any-mcp-server.yaml', { env: { MCP_ENDPOINT: replay.endpoint! } })
    await until('an answer', () => running.delivered() > 0)
  },
  'pipelines/audit-file.yaml': async () => {
    const running = await start('pipelines/audit-file.yaml')
    await until('events', () => running.delivered() > MANY)
    const audit = join(running.folder, 'seneca-audit')
    expect(readdirSync(audit).length).toBeGreaterThan(0)
    // A compressed file is whole when its writer has ended.
    await running.host.stop(STOP_MS)
    const text = readdirSync(audit).map((name) => gunzipSync(readFileSync(join(audit, name))).toString())
    expect(text.join('').split('\n').length).toBeGreaterThan(MANY)
  },
  'pipelines/demo.yaml': async () => {
    const marcus = join(home, 'marcus')
    const env = {
      MARCUS_FOLDER: marcus,
      MARCUS_HOME: join(marcus, 'home'),
      SENECA_WEBSOCKET: '127.0.0.1:0',
      SENECA_EVENTS_FILE: 'demo.jsonl',
    }
    const running = await start('pipelines/demo.yaml', { env })
    const types = await follow(running)
    await until('events', () => types.length > MANY && readEvents(join(running.folder, 'demo.jsonl')).length > MANY)
  },
  'pipelines/jetstream.yaml': async () => {
    const server = await startNatsServer(packagedNatsServer()!)
    cleanUps.push(() => server.remove())
    const running = await start('pipelines/jetstream.yaml', { env: { NATS_URL: server.url } })
    await until('events', () => running.delivered() > MANY)
    const connection = await connect({ servers: server.url })
    cleanUps.push(() => connection.close())
    const { state } = await (await jetstreamManager(connection)).streams.info('SENECA')
    expect(state.messages).toBeGreaterThan(MANY)
  },
  'pipelines/live-dashboard.yaml': async () => {
    const running = await start('pipelines/live-dashboard.yaml', { set: PORT })
    const types = await follow(running)
    await until('events', () => types.length > MANY)
  },
  'pipelines/log-files.yaml': async () => {
    const files = { 'app/a.log': leveled(0) + leveled(1), 'app/b.log': leveled(2) + leveled(3) }
    const running = await start('pipelines/log-files.yaml', { env: { LOG_FILES: 'app/*.log' }, files })
    await until('both lines', () => running.delivered() === 2)
    const lines = readFileSync(join(running.folder, 'collected.jsonl'), 'utf8').trim().split('\n').toSorted()
    expect(lines).toEqual([1, 3].map((n) => `{"level":"info","n":${n},"collected_by":"seneca"}`))
  },
  'pipelines/loki.yaml': async () => {
    const { url, bodies } = await sink()
    const running = await start('pipelines/loki.yaml', { env: { LOKI_URL: url } })
    await until('events', () => running.delivered() > MANY)
    expect(Object.keys(JSON.parse(bodies[0]!) as object)).toEqual(['streams'])
    expect(bodies.join('')).toContain('"seneca_metadata_category":"task_execution"')
  },
  'pipelines/observability.yaml': async () => {
    const { url, bodies } = await sink()
    const running = await start('pipelines/observability.yaml', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } })
    await until('events', () => running.delivered() > MANY)
    expect(bodies.join('')).toContain('task.completed')
  },
  'pipelines/otlp-gateway.yaml': async () => {
    const { url, bodies } = await sink()
    const env = { OTLP_BACKEND: url, SENECA_OTLP_GRPC: '127.0.0.1:0', SENECA_OTLP_HTTP: '127.0.0.1:0' }
    const { host } = await start('pipelines/otlp-gateway.yaml', { env })
    const places = host.collector.inspect('receiver/otlp', '', {}) as { readonly http: string }
    const send = async (path: string, body: string): Promise<void> => {
      const headers = { 'content-type': 'application/json' }
      expect((await fetch(`http://${places.http}${path}`, { method: 'POST', headers, body })).status).toBe(200)
    }
    await send('/v1/logs', '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a log"}}]}]}]}')
    await send(
      '/v1/traces',
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a span"}]}]}]}',
    )
    await send(
      '/v1/metrics',
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a metric","gauge":{"dataPoints":[{"asInt":"1"}]}}]}]}]}',
    )
    await until('all three', () => ['a log', 'a span', 'a metric'].every((text) => bodies.join('').includes(text)))
  },
  'pipelines/patterns.yaml': async () => {
    const running = await start('pipelines/patterns.yaml')
    const filtered = (): number =>
      running.host.collector
        .balance()
        .flatMap((balance) => Object.values(balance.filtered))
        .reduce((a, b) => a + b, 0)
    await until('events that are no findings', () => filtered() > MANY)
    for (const { type } of readEvents(join(running.folder, 'seneca-findings.jsonl'))) expect(type).toMatch(/^insight\./)
  },
  'pipelines/prometheus.yaml': async () => {
    const set = ['connectors.event_metrics.flush_interval=200ms']
    const running = await start('pipelines/prometheus.yaml', { set, env: { SENECA_PROMETHEUS: '127.0.0.1:0' } })
    const { endpoint } = running.host.collector.inspect('exporter/prometheus', '', {}) as { readonly endpoint: string }
    const done = /^marcus_events_total\{.*event_name="task\.completed".*\} \d+$/m
    await waitFor('completed tasks', async () => done.test(await (await fetch(`http://${endpoint}/metrics`)).text()))
  },
  'pipelines/traces.yaml': async () => {
    const names: string[] = []
    const server = new grpc.Server()
    const bytes = { requestDeserialize: (all: Buffer) => all, responseSerialize: (all: Buffer) => all }
    const method = { path: TRACES, requestStream: false, responseStream: false, ...bytes }
    const take: grpc.handleUnaryCall<Buffer, Buffer> = ({ request }, answer) => {
      for (const span of decode('traces', 'otlp_proto', request)) names.push(span.name)
      answer(null, Buffer.alloc(0))
    }
    server.addService({ export: method } as unknown as grpc.ServiceDefinition, { export: take })
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    )
    cleanUps.push(() => server.forceShutdown())
    await start('pipelines/traces.yaml', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` } })
    await until('spans of the tasks', () => names.includes('Implement Tide REST API') && names.length > 10)
  },
}

const shipped = [
  'collector.yaml',
  ...readdirSync(join(root, 'pipelines'))
    .filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))
    .map((name) => `pipelines/${name}`),
]

describe('the shipped configuration', () => {
  it.for(shipped)('%s starts beside a Marcus, is well and delivers', async (name, { skip }) => {
    const test = tests[name]
    expect(test, `there is no test of ${name}`).toBeDefined()
    // In CI a missing program has already been an error (test/setup/programs.ts).
    if (name.endsWith('jetstream.yaml') && packagedNatsServer() === undefined) skip(missing('nats-server'))
    await test!()
  })
})
