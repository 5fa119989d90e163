/**
 * A real collector with its queue on disk, killed with SIGKILL again and again while its destination is down, fails or
 * answers: in the end the destination has every line of the input, and nothing else. Lines may come twice: what was on its
 * way when a life ended, and what was read in the second before it, as the receiver saves its place once a second.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { decode } from '../../core/kit/index.ts'
import { seededRandom } from '../../core/kit/testing.ts'
import { root } from '../architecture/sources.ts'
import { waitFor } from '../setup/wait-for.ts'

const KILLS = 10
const LINES_PER_LIFE = 300

const cleanUps: (() => void)[] = []
afterAll(() => {
  for (const cleanUp of cleanUps.toReversed()) cleanUp()
})

/** Remembers each line it confirmed. */
const destination = async () => {
  const got = new Map<string, number>()
  const state = { mood: 'answers' as 'answers' | 'fails' | 'is down' }
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      if (state.mood === 'is down') return void request.socket.destroy()
      if (state.mood === 'fails') return void response.writeHead(503).end()
      for (const { body } of decode('logs', 'otlp_proto', Buffer.concat(pieces)))
        got.set(body as string, (got.get(body as string) ?? 0) + 1)
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { got, state, port: (server.address() as AddressInfo).port }
}

const start = (folder: string): { readonly child: ChildProcess; readonly errors: () => string } => {
  const child = spawn(join(root, 'node_modules/.bin/node'), [join(root, 'core/main.ts'), 'run'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, SENECA_DATA_DIR: join(folder, 'data') },
  })
  let text = ''
  child.stderr.on('data', (chunk: Buffer) => void (text = (text + chunk.toString()).slice(-4_000)))
  cleanUps.push(() => void child.kill('SIGKILL'))
  return { child, errors: () => text }
}

const lineOf = (n: number): string => `line ${n} ${'x'.repeat(n % 200)}.`

/** Bytes of all segments; they only grow while the destination takes nothing. */
const queued = (folder: string): number => {
  const path = join(folder, 'kept', 'queues', 'exporter%2Fotlp_http')
  if (!existsSync(path)) return 0
  return readdirSync(path).reduce((sum, name) => {
    const size = name.endsWith('.log') ? (statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0) : 0
    return sum + size
  }, 0)
}

it(`delivers every line over ${KILLS} lives that end with kill -9, whatever the destination does`, async () => {
  const { got, state, port } = await destination()
  const folder = mkdtempSync(join(tmpdir(), 'durable-kill-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(
    join(folder, 'collector.yaml'),
    `
extensions: { file_storage: { directory: ./kept, create_directory: true } }
receivers: { file_log: { include: [in.log], start_at: beginning, poll_interval: 50ms } }
processors: { batch: { timeout: 20ms, send_batch_size: 50 } }
exporters:
  otlp_http:
    endpoint: 'http://127.0.0.1:${port}'
    compression: none
    sending_queue: { storage: file_storage, num_consumers: 3 }
    retry_on_failure: { initial_interval: 20ms, max_interval: 100ms }
service:
  extensions: [file_storage]
  pipelines: { logs: { receivers: [file_log], processors: [batch], exporters: [otlp_http] } }
`,
  )
  const random = seededRandom(11)
  let written = 0
  const write = (count: number): void => {
    const lines = Array.from({ length: count }, () => `${lineOf(written++)}\n`)
    appendFileSync(join(folder, 'in.log'), lines.join(''))
  }
  for (let life = 0; life < KILLS; life++) {
    state.mood = (['answers', 'fails', 'is down'] as const)[life % 3] ?? 'answers'
    const before = state.mood === 'answers' ? got.size : queued(folder)
    const wanted = state.mood === 'answers' ? random() * LINES_PER_LIFE : random() * 20_000
    const { child, errors } = start(folder)
    let left = LINES_PER_LIFE
    await waitFor('progress', () => {
      const count = Math.min(left, 1 + Math.floor(random() * 60))
      left -= count
      write(count)
      if (child.exitCode !== null) throw new Error(`the collector ended by itself: ${errors()}`)
      const now = state.mood === 'answers' ? got.size : queued(folder)
      return now - before > wanted
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  state.mood = 'answers'
  const { child } = start(folder)
  await waitFor('the rest', () => got.size >= written)
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(0)
  const expected = Array.from({ length: written }, (_, n) => lineOf(n))
  expect([...got.keys()].toSorted()).toEqual(expected.toSorted())
})
