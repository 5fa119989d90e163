/**
 * W6: from the start until the health check says that all components run, the CPU used until then (which says more on a
 * machine that does other work), and the memory it holds 5 s later with nothing to do.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../core/http/free-port.ts'
import type { Figures } from './figures.ts'
import { inFolder } from './folders.ts'
import { startServer } from './processes/server.ts'
import { commandOf, fluentBit, missing, otelcol, SENECA, seneca, type Way } from './ways.ts'
import type { Candidate, Workload } from './workload.ts'

const IDLE_MS = 5_000

interface Probed extends Way {
  /** Path of its health check. */
  readonly path: string
}

const ways: readonly Probed[] = [
  { ...seneca('w6/collector.yaml'), path: '/' },
  { ...otelcol('w6/collector.yaml'), path: '/' },
  { ...fluentBit('w6/fluent-bit.conf'), path: '/api/v1/health' },
]

const isWell = async (url: string): Promise<boolean> => {
  try {
    const answer = await fetch(url)
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

const runOnce = (way: Probed): Promise<Figures> =>
  inFolder(async (folder) => {
    const port = await freePort()
    const input = join(folder, 'in.log')
    writeFileSync(input, '')
    const server = await startServer({
      command: await commandOf(way, folder),
      env: { PORT: String(port), IN: input, OUT: join(folder, 'out.json'), OUT_FOLDER: folder },
      isReady: () => isWell(`http://127.0.0.1:${port}${way.path}`),
      folder,
    })
    try {
      const readyCpuMs = (await server.cpuSeconds()) * 1_000
      await pause(IDLE_MS)
      return { readyMs: server.readyMs, readyCpuMs, idleMiB: await server.residentMiB() }
    } finally {
      await server.stop()
    }
  })

const candidate = (way: Probed): Candidate => ({
  name: way.name,
  missing: () => missing(way),
  run: async (round) => {
    // The first start on a machine fills caches: of the file system, and of compiled code.
    if (round === 0) await runOnce(way)
    return runOnce(way)
  },
})

export const w6 = async (): Promise<Workload> => ({
  name: 'W6',
  title: 'start-up and rest',
  candidates: ways.map(candidate),
  ours: SENECA,
  gates: [
    { ours: SENECA, figure: 'readyMs', gate: 250, aim: 120 },
    { ours: SENECA, figure: 'idleMiB', gate: 85, aim: 65 },
  ],
})
