/** W7: 1,000 events a second in requests of 10, OTLP/HTTP in and out without batching: how long each is on its way. */
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../core/http/free-port.ts'
import type { Figures } from './figures.ts'
import { inFolder } from './folders.ts'
import { eachRecord } from './otlp/count.ts'
import { POOL, requests } from './otlp/pool.ts'
import { connect, serve } from './otlp/transports.ts'
import { accepts, startServer } from './processes/server.ts'
import { commandOf, missing, otelcol, SENECA, seneca, type Way } from './ways.ts'
import type { Candidate, Workload } from './workload.ts'

const PER_REQUEST = 10
const EVERY_MS = 10
/** Compiles what is hot and opens the connections; not measured. */
const WARM_UP_REQUESTS = 200
const CONNECTIONS = 4
const AFTER_MS = 500

const quantile = (sorted: readonly number[], part: number): number => sorted[Math.floor(sorted.length * part)]!

const measureThrough = async (port: number, sentAt: Float64Array): Promise<void> => {
  const posts = Array.from({ length: CONNECTIONS }, () => connect('http', port, false))
  const started = performance.now()
  for (const [index, body] of requests(PER_REQUEST).entries()) {
    await pause(Math.max(0, started + index * EVERY_MS - performance.now()))
    sentAt.fill(performance.now(), index * PER_REQUEST, (index + 1) * PER_REQUEST)
    void posts[index % CONNECTIONS]!(body)
  }
  await pause(AFTER_MS)
}

const runOnce = (way: Way): Promise<Figures> =>
  inFolder(async (folder) => {
    const [sentAt, delays] = [new Float64Array(POOL), new Map<number, number>()]
    const sink = await serve('http', 0, (body) =>
      eachRecord(body, (id) => delays.set(id, performance.now() - sentAt[id]!)),
    )
    const port = await freePort()
    const server = await startServer({
      command: await commandOf(way, folder),
      env: { PORT: String(port), SINK_PORT: String(sink.port), ...way.env },
      isReady: () => accepts(port),
      folder,
    })
    try {
      const [cpu, started] = [await server.cpuSeconds(), performance.now()]
      await measureThrough(port, sentAt)
      const cpuSeconds = (await server.cpuSeconds()) - cpu
      if (delays.size !== POOL) throw new Error(`${POOL - delays.size} of ${POOL} records did not arrive`)
      const measured = [...delays].filter(([id]) => id >= WARM_UP_REQUESTS * PER_REQUEST)
      const sorted = measured.map(([, delay]) => delay).toSorted((a, b) => a - b)
      return {
        p50Ms: quantile(sorted, 0.5),
        p99Ms: quantile(sorted, 0.99),
        cpuPercent: (cpuSeconds * 100_000) / (performance.now() - started),
      }
    } finally {
      await server.stop()
      sink.close()
    }
  })

const candidate = (way: Way): Candidate => ({ name: way.name, missing: () => missing(way), run: () => runOnce(way) })

export const w7 = async (): Promise<Workload> => ({
  name: 'W7',
  title: `latency at 1,000 events a second, requests of ${PER_REQUEST}, no batching`,
  candidates: [seneca('w7/collector.yaml'), otelcol('w7/collector.yaml')].map(candidate),
  ours: SENECA,
  gates: [
    { ours: SENECA, figure: 'p50Ms', against: 'otelcol', gate: 1, aim: 0.7 },
    { ours: SENECA, figure: 'p99Ms', against: 'otelcol', gate: 1.5, aim: 1 },
  ],
})
