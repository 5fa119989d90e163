import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormatsModule from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { run, folderWith } from '../cli/command.ts'
import { loadConfig, renderProblems } from '../../core/config/index.ts'
import { loadPlugin } from '../../core/engine/loader.ts'

const root = join(import.meta.dirname, '..', '..')
const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void

const compiled = (schema: string): ValidateFunction => {
  const ajv = new Ajv2020({ allErrors: true, strict: false, allowUnionTypes: true })
  addFormats(ajv)
  return ajv.compile(JSON.parse(schema) as object)
}

const shipped = ['collector.yaml', ...readdirSync(join(root, 'pipelines')).map((name) => `pipelines/${name}`)].filter(
  (name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'),
)

const plugin = `import { definePlugin } from 'seneca-collector'
export default definePlugin({
  kind: 'processor', type: 'scrub', signals: ['logs'], stability: 'experimental', summary: 'Scrubs.', examples: [],
  schema: { type: 'object', properties: { level: { type: 'integer', description: 'How much.' } } },
  create: (ctx) => ({ consume: async (batch, signal) => void (await ctx.next(batch, signal)) }),
})
`
const own = `plugins: ['./scrub.ts']
receivers: { generator: { rate: 1 } }
processors: { scrub: { level: 1 } }
exporters: { debug: }
service: { pipelines: { logs: { receivers: [generator], processors: [scrub], exporters: [debug] } } }
`

describe('the JSON Schema of the configuration', () => {
  it('takes every shipped configuration, as an editor would', async () => {
    const { out } = await run(folderWith({}), ['schema'])
    const validate = compiled(out)
    for (const name of shipped) {
      const good = validate(parse(readFileSync(join(root, name), 'utf8')))
      expect([name, good ? [] : validate.errors]).toEqual([name, []])
    }
  })

  it('refuses unknown sections, components and options, and wrong values', async () => {
    const { out } = await run(folderWith({}), ['schema'])
    const validate = compiled(out)
    const wrong = [
      { reciever: {} },
      { exporters: { pigeon: {} } },
      { exporters: { debug: { verbositi: 'basic' } } },
      { exporters: { otlp_http: { endpoint: 'http://x', timeout: 'five' } } },
      { service: { pipelines: { log: {} } } },
    ]
    for (const value of wrong) expect([value, validate(value)]).toEqual([value, false])
    expect(validate({ exporters: { otlp_http: { endpoint: '${env:X}', timeout: '${env:T:-5s}' } } })).toBe(true)
  })

  it('describes and completes the plugins a configuration loads', async () => {
    const folder = folderWith({ 'scrub.ts': plugin, 'collector.yaml': own })
    const { out } = await run(folder, ['schema'])
    const schema = JSON.parse(out) as {
      $defs: Record<string, unknown>
      properties: { processors: { properties: Record<string, unknown> } }
    }
    expect(schema.properties.processors.properties['scrub']).toEqual({ $ref: '#/$defs/processor.scrub' })
    expect(JSON.stringify(schema.$defs['processor.scrub'])).toContain('How much.')
    expect(compiled(out)(parse(own))).toBe(true)
    const one = await run(folder, ['schema', '--component', 'scrub'])
    expect(JSON.parse(one.out)).toMatchObject({ title: 'processor scrub', description: 'Scrubs.' })
  })

  it('lists and shows the types of events', async () => {
    const folder = folderWith({})
    const { out } = await run(folder, ['schema', 'ls'])
    expect(out).toMatch(/^task\.completed /m)
    const { out: shown } = await run(folder, ['schema', 'show', 'agent.status.changed'])
    expect(JSON.parse(shown)).toMatchObject({
      type: 'agent.status.changed',
      example: { old_status: expect.any(String) as string },
    })
    const missing = await run(folder, ['schema', 'show', 'agent.status.chnged'])
    expect([missing.code, missing.err]).toEqual([
      2,
      "seneca-collector: there is no event type 'agent.status.chnged'; did you mean 'agent.status.changed'?\n",
    ])
  })
})

describe('a configuration of the OpenTelemetry Collector', () => {
  it('is taken unchanged when it uses the components that are here', async () => {
    const folder = folderWith({})
    writeFileSync(join(folder, 'otel.yaml'), readFileSync(join(import.meta.dirname, 'otel', 'logs.yaml')))
    const { problems, config } = await loadConfig({ files: ['otel.yaml'], env: {}, cwd: folder, loadPlugin })
    expect(renderProblems(problems)).toBe('')
    expect(config?.components.get('exporter/otlphttp')?.engine).toEqual({
      sendingQueue: {
        numConsumers: 4,
        queueSize: 100,
        sizer: 'requests',
        onFull: 'block',
        waitForResult: false,
        storage: { extension: 'file_storage/otc' },
        maxDiskBytes: 4 * 1024 ** 3,
        batch: undefined,
      },
      retry: {
        enabled: true,
        initialIntervalMs: 5_000,
        maxIntervalMs: 30_000,
        maxElapsedMs: 300_000,
        multiplier: 1.5,
        randomizationFactor: 0.5,
        maxAttempts: 0,
      },
      timeoutMs: 10_000,
      storage: 'file_storage/otc',
      breaker: undefined,
      deadLetter: undefined,
    })
    expect(config?.service.telemetry).toEqual({ logLevel: 'info', logEncoding: 'json', metricsLevel: 'detailed' })
  })

  it('is taken unchanged with metrics and traces, to OTLP and Prometheus', async () => {
    const folder = folderWith({})
    const file = readFileSync(join(import.meta.dirname, 'otel', 'metrics-and-traces.yaml'))
    writeFileSync(join(folder, 'otel.yaml'), file)
    const { problems, config } = await loadConfig({ files: ['otel.yaml'], env: {}, cwd: folder, loadPlugin })
    expect(renderProblems(problems)).toBe('')
    const exporter = (id: string) => config?.components.get(`exporter/${id}`)
    expect(exporter('otlp/jaeger')).toMatchObject({
      options: { tls: { insecure: true }, compression: 'gzip' },
      engine: { timeoutMs: 5_000, sendingQueue: { numConsumers: 4, queueSize: 100 }, retry: { maxElapsedMs: 600_000 } },
    })
    expect(exporter('otlp_grpc/backend')).toMatchObject({
      options: { keepalive: { time: 20_000, timeout: 30_000 } },
      engine: { timeoutMs: 30_000 },
    })
    expect(exporter('otlphttp/backend')).toMatchObject({
      options: { encoding: 'json', compression: 'gzip', idle_conn_timeout: 30_000 },
      engine: { timeoutMs: 30_000 },
    })
    expect(exporter('prometheus')?.options).toMatchObject({ metric_expiration: 10_800_000, without_scope_info: false })
    expect(exporter('prometheusremotewrite')?.options).toMatchObject({ target_info: { enabled: false } })
  })
})
