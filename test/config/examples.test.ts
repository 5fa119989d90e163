/**
 * The OpenTelemetry project's own example configurations, unchanged: those of components that both have are started, what
 * the others need and is not here is named. Only what a test cannot have is overridden: fixed ports and paths of a system.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Host, startHost } from '../../core/cli/host.ts'
import { configOrThrow, type Loaded, loadConfig } from '../../core/config/index.ts'
import { loadPlugin } from '../../core/engine/index.ts'
import { silent } from '../marcus/live.ts'
import { ask, requestOf } from '../otlp/receiver.ts'
import { waitFor } from '../setup/wait-for.ts'

const EXAMPLES = join(import.meta.dirname, 'otel/examples')
const STOP_MS = 5_000
const tlsFolder = join(import.meta.dirname, '../fixtures/tls')

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-otel-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Case {
  readonly env?: Readonly<Record<string, string>>
  readonly set?: readonly string[]
  /** Files to put beside it: name, and the example it is. */
  readonly files?: Readonly<Record<string, string>>
  readonly folders?: readonly string[]
}

const GRPC = 'receivers.otlp.protocols.grpc.endpoint=127.0.0.1:0'
const HTTP = 'receivers.otlp.protocols.http.endpoint=127.0.0.1:0'

/** Complete ones, which run. */
const runs: Readonly<Record<string, Case>> = {
  'agent-logs': { set: [HTTP] },
  'agent-metrics': { set: [HTTP] },
  'agent-traces': { set: [HTTP] },
  'agent-to-gateway-gateway': { env: { BACKEND_API_KEY: 'key' }, set: [GRPC] },
  'configuration-file': { set: [GRPC], files: { 'exporters.yaml': 'configuration-file-exporters' } },
  'contrib-fault-tolerant': {
    set: [
      'receivers.file_log.include=[simple.log]',
      'extensions::file_storage/filelogreceiver::directory=receiver',
      'extensions::file_storage/otlpoutput::directory=output',
    ],
    folders: ['receiver', 'output'],
  },
  docker: { set: [GRPC, HTTP] },
}

/** Parts of a configuration: they are merged with a pipeline, and are valid. */
const parts: Readonly<Record<string, Case>> = {
  'configuration-dollar': {},
  'configuration-tls': {
    set: ['grpc', 'http'].flatMap((protocol) => [
      `receivers.otlp.protocols.${protocol}.tls.cert_file=${tlsFolder}/server.pem`,
      `receivers.otlp.protocols.${protocol}.tls.key_file=${tlsFolder}/server.key`,
    ]),
  },
  'configuration-mutual-tls': {
    set: [
      `receivers.otlp.protocols.grpc.tls.cert_file=${tlsFolder}/server.pem`,
      `receivers.otlp.protocols.grpc.tls.key_file=${tlsFolder}/server.key`,
      `receivers.otlp.protocols.grpc.tls.client_ca_file=${tlsFolder}/ca.pem`,
    ],
  },
  'configuration-variables': { env: { DB_KEY: 'db.statement', OPERATION: 'delete' } },
  'resiliency-queue': { set: ['extensions.file_storage.directory=.', 'service.extensions=[file_storage]'] },
  'telemetry-level': {},
  'telemetry-metrics-pull': {},
  'telemetry-metrics-push': {},
  'telemetry-resource': {},
  'telemetry-traces-push': {},
  'transforming-attributes': {},
  'transforming-filter': {},
  'transforming-resource': {},
}

/** Those that need what is not here, and what they are told: a component by its kind and type, or the message. */
const refusals: Readonly<Record<string, readonly string[]>> = {
  'agent-to-gateway-agent': ['receiver host_metrics', 'processor resourcedetection'],
  'configuration-basic': ['extension pprof', 'extension zpages'],
  'configuration-connector': ["there is no receiver of type 'foo'", "there is no exporter of type 'bar'"],
  'configuration-exporters': ['exporter kafka', 'exporter opencensus', 'exporter zipkin'],
  'configuration-oauth2': ['extension oauth2client'],
  'configuration-oidc': ['extension oidc'],
  'configuration-processors': ['processor span'],
  'configuration-receivers': [
    'fluentforward',
    'host_metrics',
    'jaeger',
    'kafka',
    'opencensus',
    'prometheus',
    'zipkin',
  ].map((type) => `receiver ${type}`),
  'contrib-demo': ['receiver hostmetrics', 'receiver prometheus', 'receiver file', 'receiver file', 'exporter logging'],
  'contrib-filter-out': [
    "'operators[0].type' of receiver 'filelog': operator filter is not supported; use the processor filter",
  ],
  'contrib-secure-tracing': ['exporter logging', "'telemetry.metrics.address' of service is not supported"],
  'core-k8s-agent': ['extension zpages'],
  'core-local': ['extension zpages'],
  'gateway-load-balancing': ['exporter loadbalancing'],
  management: ['receiver host_metrics'],
  'telemetry-logs-push': ["'telemetry.logs.processors' of service is not supported"],
  'telemetry-metrics-names': ['without_type_suffix', 'without_units'].map(
    (option) => `'telemetry.metrics.readers[0].pull.exporter.prometheus.${option}' of service is not supported`,
  ),
  'telemetry-views': ["'telemetry.metrics.views' of service is not supported"],
  'transforming-detect': ['processor resourcedetection'],
  'transforming-rename': ['processor metricstransform'],
}

const REST = `receivers: { generator: { count: 1 } }
exporters: { debug/rest: {} }
service: { pipelines: { logs/rest: { receivers: [generator], exporters: [debug/rest] } } }
`

const load = (
  name: string,
  { env = {}, set = [], files = {}, folders = [] }: Case,
  more: readonly string[] = [],
): Promise<Loaded> => {
  const cwd = newFolder()
  for (const [file, example] of Object.entries(files)) cpSync(join(EXAMPLES, `${example}.yaml`), join(cwd, file))
  for (const folder of folders) mkdirSync(join(cwd, folder))
  cpSync(join(EXAMPLES, `${name}.yaml`), join(cwd, `${name}.yaml`))
  return loadConfig({ files: [`${name}.yaml`, ...more.map((text) => `yaml:${text}`)], env, set, cwd, loadPlugin })
}

const start = async (name: string, loaded: Loaded): Promise<Host> => {
  const host = await startHost({
    config: configOrThrow(loaded),
    log: silent,
    dataDirectory: newFolder(),
    once: false,
    configuration: [name],
  })
  cleanUps.push(() => host.stop(STOP_MS))
  return host
}

it('are all tried', () => {
  const tried = [...Object.values(runs).flatMap(({ files = {} }) => Object.values(files)), ...Object.keys(runs)]
  const names = [...tried, ...Object.keys(parts), ...Object.keys(refusals)].map((name) => `${name}.yaml`)
  expect(names.toSorted()).toEqual(readdirSync(EXAMPLES).toSorted())
})

it.each(Object.entries(runs))('%s runs', async (name, one) => {
  const { collector } = await start(name, await load(name, one))
  await waitFor('every component to be well', () => collector.status().every(({ state }) => state === 'ok'))
})

it('agent-logs brings a record from the receiver into its file', async () => {
  const loaded = await load('agent-logs', { set: [HTTP, 'exporters.file.path=app42_example.log'] })
  const { collector } = await start('agent-logs', loaded)
  const { http } = collector.inspect('receiver/otlp', '', {}) as { readonly http: string }
  expect((await ask(http, { body: requestOf(3) })).status).toBe(200)
  expect(collector.balance()).toMatchObject([{ received: 3, delivered: 3 }])
})

it.each(Object.entries(parts))('%s is valid', async (name, one) => {
  const { problems } = await load(name, one, [REST])
  expect(problems.filter(({ severity }) => severity === 'error').map(({ message }) => message)).toEqual([])
})

describe('what is not here is named', () => {
  it.each(Object.entries(refusals))('%s', async (name, expected) => {
    const { problems } = await load(name, { env: { MY_POD_IP: '127.0.0.1' } }, [REST])
    const told = problems
      // Certificates that its folder has.
      .filter(({ severity, message }) => severity === 'error' && !message.includes('ENOENT'))
      .map(({ message, suggestion }) => {
        const [, kind, type] = /^the (\w+) '(\w+)' of the OpenTelemetry Collector is not supported$/.exec(message) ?? []
        expect(kind === undefined || suggestion !== undefined, message).toBe(true)
        return kind === undefined ? message : `${kind} ${type}`
      })
    expect(told).toEqual(expected)
  })
})

it('each begin with where they are from', () => {
  for (const name of readdirSync(EXAMPLES))
    expect(readFileSync(join(EXAMPLES, name), 'utf8'), name).toMatch(
      /^# (?:opentelemetry\.io|github\.com\/open-telemetry)\//,
    )
})
