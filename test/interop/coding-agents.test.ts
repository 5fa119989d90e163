/** docs/coding-agents.md, as a new user follows it: its configuration, its variables, and what there is to see then. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as HttpLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import type { LogRecordExporter } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Host, startHost } from '../../core/cli/host.ts'
import { eventLine } from '../../core/cli/view/event-line.ts'
import { configOrThrow, loadConfig } from '../../core/config/index.ts'
import { tapLines } from '../../core/control/tap.ts'
import { loadPlugin } from '../../core/engine/index.ts'
import { root } from '../architecture/sources.ts'
import { readEvents } from '../marcus/live.ts'
import { waitFor } from '../setup/wait-for.ts'

const STOP_MS = 5_000
const page = readFileSync(join(root, 'docs/coding-agents.md'), 'utf8')
const yaml = /```yaml file=agents\.yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** The variables that the page sets under a heading. */
const variables = (heading: string): ReadonlyMap<string, string> => {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return new Map(
    [...section.matchAll(/^export (.*)$/gm)].flatMap(([, line = '']) =>
      line
        .replace(/\s+#.*/, '')
        .split(' ')
        .map((pair) => pair.split('=', 2) as [string, string]),
    ),
  )
}

interface Places {
  readonly grpc: string
  readonly http: string
}

let folder: string
let host: Host
let places: Places
let warnings: string[]

const warn = (message: string): void => void warnings.push(message)
const quiet = { debug: () => {}, info: () => {}, warn, error: warn }

const start = async (set: readonly string[] = []): Promise<void> => {
  const ports = [
    ...['grpc', 'http'].map((name) => `receivers.otlp.protocols.${name}.endpoint=localhost:0`),
    'exporters.prometheus.endpoint=localhost:0',
  ]
  const loaded = await loadConfig({
    files: [`yaml:${yaml}`],
    set: [...ports, ...set],
    env: {},
    cwd: folder,
    loadPlugin,
  })
  host = await startHost({
    config: configOrThrow(loaded),
    log: quiet,
    dataDirectory: join(folder, 'data'),
    once: false,
    configuration: ['docs/coding-agents.md'],
  })
  cleanUps.push(() => host.stop(STOP_MS))
  places = host.collector.inspect('receiver/otlp', '', {}) as Places
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seneca-agents-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  warnings = []
})

const resource = resourceFromAttributes({ 'service.name': 'claude-code' })

/** A tool's result, as Claude Code tells of it: a short name in an attribute, the full one in the body. */
const sendToolResult = async (exporter: LogRecordExporter): Promise<void> => {
  const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] })
  provider.getLogger('com.anthropic.claude_code.events').emit({
    body: 'claude_code.tool_result',
    attributes: {
      'event.name': 'tool_result',
      'session.id': 's1',
      tool_name: 'Bash',
      success: 'true',
      duration_ms: 12,
    },
  })
  await provider.forceFlush().catch(() => undefined)
  await provider.shutdown().catch(() => undefined)
}

/** Two exports of a counter, each of what came since the one before. */
const sendTokens = async (): Promise<void> => {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    exportIntervalMillis: 3_600_000,
  })
  const provider = new MeterProvider({ resource, readers: [reader] })
  const counter = provider.getMeter('com.anthropic.claude_code').createCounter('claude_code.token.usage', {
    unit: 'tokens',
  })
  for (const tokens of [3, 4]) {
    counter.add(tokens, { type: 'input' })
    await provider.forceFlush()
  }
  await provider.shutdown()
}

/** The page's variables, with the port of this run in the place of 4317. */
const asThePageSays = (heading: string): void => {
  const [endpoint, port] = ['OTEL_EXPORTER_OTLP_ENDPOINT', places.grpc.split(':')[1]]
  for (const [name, value] of variables(heading))
    vi.stubEnv(name, name === endpoint ? value.replace('4317', String(port)) : value)
  expect(process.env[endpoint]).toBe(`http://localhost:${port}`)
}

describe('a coding agent', () => {
  it('is seen in tap and in the file at once, by the name of its event, with what follows from it', async () => {
    await start()
    const closing = new AbortController()
    const seen: { readonly type?: string }[] = []
    const tapped = (async () => {
      const lines = tapLines(host.collector, { patterns: [], at: ['pipeline'] }, closing.signal)
      for await (const text of lines)
        for (const line of text.split('\n')) if (line !== '') seen.push(JSON.parse(line) as { readonly type?: string })
    })()
    cleanUps.push(() => {
      closing.abort()
      return tapped.catch(() => undefined)
    })
    asThePageSays('Claude Code')
    await sendToolResult(new OTLPLogExporter())
    const types = (): (string | undefined)[] => seen.map(({ type }) => type)
    await waitFor(
      'both events',
      () => types().includes('claude_code.tool_result') && types().includes('mcp.tool.called'),
    )
    const shown = seen.find(({ type }) => type === 'claude_code.tool_result') ?? {}
    expect(eventLine(shown, { columns: 200, paint: (_style, text) => text })).toMatch(
      /^\d\d:\d\d:\d\d {2}claude_code\.tool_result +claude-code: claude_code\.tool_result .*tool_name=Bash success=true duration_ms=12/,
    )
    const kept = await waitFor('them in the file', () => {
      const events = readEvents(join(folder, 'agent-events.jsonl'))
      return events.length >= 2 && events
    })
    expect(kept.map(({ type }) => type)).toEqual(['claude_code.tool_result', 'mcp.tool.called'])
    // A busy machine has its own warning.
    expect(warnings.filter((text) => !text.includes('event loop'))).toEqual([])
  })

  it('has its delta metrics added up for Prometheus', async () => {
    await start()
    asThePageSays('Claude Code')
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'delta')
    await sendTokens()
    const { endpoint } = host.collector.inspect('exporter/prometheus', '', {}) as { readonly endpoint: string }
    const text = await (await fetch(`http://${endpoint}/metrics`)).text()
    expect(text).toContain('# TYPE claude_code_token_usage_tokens_total counter')
    expect(text).toMatch(/^claude_code_token_usage_tokens_total\{.*type="input".*\} 7$/m)
  })

  it('that does not get through is told in the log why', async () => {
    await start(['extensions.bearertokenauth.token=sesame', 'service.extensions=[bearertokenauth]'])
    const rows = [...page.matchAll(/^\| ([^|]+) \| `([^`]+)` \|$/gm)].map(
      ([, , words = '']) => words.split('…')[0] ?? '',
    )
    const url = (path: string): { readonly url: string } => ({ url: `http://${places.http}${path}` })
    await sendToolResult(new HttpLogExporter(url('/v1/log')))
    await sendToolResult(new OTLPLogExporter({ url: `http://${places.http}` }))
    await host.stop(STOP_MS)
    await start([
      'extensions.bearertokenauth.token=sesame',
      'service.extensions=[bearertokenauth]',
      'receivers.otlp.protocols.http.auth.authenticator=bearertokenauth',
    ])
    await sendToolResult(new HttpLogExporter(url('/v1/logs')))
    for (const words of rows.filter((row) => /^(?:gRPC came|there is nothing|the header)/.test(row)))
      expect(warnings.join('\n')).toContain(words)
    expect(rows).toHaveLength(5)
  })
})
