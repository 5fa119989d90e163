/** A collector whose components let errors fall outside of any call, on the real clock; prints what became of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCollector } from '../../core/engine/index.ts'
import { logs, systemClock, type ComponentState, type Context } from '../../core/kit/index.ts'
import { waitFor } from '../setup/wait-for.ts'
import { component } from './parts.ts'

let source: Context | undefined
let delivered = 0
const parts = [
  component('receiver', 'feed', (ctx) => {
    source = ctx
    return {}
  }),
  component('processor', 'rejects', (ctx) => ({
    async consume(batch, signal) {
      void Promise.reject(new Error('nobody caught me'))
      await ctx.next(batch, signal)
    },
  })),
  component('processor', 'throws', (ctx) => ({
    async consume(batch, signal) {
      setImmediate(() => {
        throw new Error('thrown in a timer of Node')
      })
      await ctx.next(batch, signal)
    },
  })),
  component('exporter', 'out', () => ({ consume: (batch) => void (delivered += batch.count) })),
]
const dataDirectory = mkdtempSync(join(tmpdir(), 'seneca-crash-'))
const quiet = (): void => {}
const collector = createCollector(
  {
    components: new Map(parts.map((part) => [`${part.kind}/${part.id}`, part])),
    pipelines: [
      { id: 'logs', signal: 'logs', receivers: ['feed'], processors: ['rejects', 'throws'], exporters: ['out'] },
    ],
    service: {
      extensions: [],
      telemetry: { logLevel: 'info', logEncoding: 'console', metricsLevel: 'normal' },
      workerPoolSize: 1,
      shutdownTimeoutMs: 1_000,
      limits: { memoryBytes: 0, diskBytes: 0 },
      deadLetter: undefined,
    },
    folder: dataDirectory,
  },
  {
    clock: systemClock,
    random: Math.random,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    dataDirectory,
    once: false,
  },
)
await collector.start()
for (let i = 0; i < 3; i++) await source?.next(logs([{ body: i }]))
const failed = (): ComponentState[] => collector.status().filter((one) => one.state === 'failed') as ComponentState[]
await waitFor('both crashes to be named', () => failed().length === 2)
const states = Object.fromEntries(failed().map(({ id, state, reason }) => [id, [state, reason]]))
await collector.stop(1_000)
rmSync(dataDirectory, { recursive: true })
process.stdout.write(JSON.stringify({ states, delivered }))
