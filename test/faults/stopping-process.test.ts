/**
 * A real collector that is told to stop, once, twice and three times, while a destination does not answer. Records come
 * over OTLP, so that it is known of each whether it was acknowledged: what was, is delivered, on disk, or reported.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { decode, logs } from '../../core/kit/index.ts'
import { root } from '../architecture/sources.ts'
import { freePort } from '../../core/http/free-port.ts'
import { waitFor } from '../setup/wait-for.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** Keeps every request waiting until it is told to answer. */
const destination = async () => {
  const got = new Set<string>()
  const waiting: ServerResponse[] = []
  let isOpen = false
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      for (const { body } of decode('logs', 'otlp_proto', Buffer.concat(pieces))) got.add(body as string)
      if (isOpen) response.end()
      else waiting.push(response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    got,
    waiting,
    port: (server.address() as AddressInfo).port,
    answer(): void {
      isOpen = true
      for (const response of waiting.splice(0)) response.end()
    },
  }
}

interface Collector {
  readonly child: ChildProcess
  words(): string
  /** Times that was said. */
  said(what: string): number
  /** When all it said is known: the exit code, and how long that took from now, in ms. */
  gone(): Promise<{ readonly code: number | null; readonly ms: number }>
}

const start = async (folder: string): Promise<Collector> => {
  const child = spawn(join(root, 'node_modules/.bin/node'), [join(root, 'core/main.ts'), 'run'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, SENECA_DATA_DIR: join(folder, 'data') },
  })
  let words = ''
  child.stderr.on('data', (piece: Buffer) => void (words += piece.toString()))
  const closed = once(child, 'close')
  cleanUps.push(() => void child.kill('SIGKILL'))
  await waitFor('the start', () => {
    if (child.exitCode !== null) throw new Error(`the collector ended by itself: ${words}`)
    return words.includes('INFO  running')
  })
  return {
    child,
    words: () => words,
    said: (what) => words.split(what).length - 1,
    async gone() {
      const begin = performance.now()
      await closed
      return { code: child.exitCode, ms: performance.now() - begin }
    },
  }
}

const scene = async (queue: string, timeout: string) => {
  const [to, port] = [await destination(), await freePort()]
  const folder = mkdtempSync(join(tmpdir(), 'seneca-stopping-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(
    join(folder, 'collector.yaml'),
    `
extensions: { file_storage: { directory: ./kept, create_directory: true } }
receivers: { otlp: { protocols: { http: { endpoint: 'localhost:${port}' } } } }
exporters:
  otlp_http: { endpoint: 'http://127.0.0.1:${to.port}', compression: none, timeout: 10m, sending_queue: ${queue} }
service:
  extensions: [file_storage]
  shutdown_timeout: ${timeout}
  pipelines: { logs: { receivers: [otlp], exporters: [otlp_http] } }
`,
  )
  const acked: string[] = []
  let numbered = 0
  /** Whether it was acknowledged. */
  const send = async (): Promise<boolean> => {
    const body = `record ${numbered++}`
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.concat(logs([{ body }]).encode('otlp_proto')),
    }
    const answer = await fetch(`http://localhost:${port}/v1/logs`, request).catch(() => undefined)
    if (answer?.ok === true) acked.push(body)
    return answer?.ok === true
  }
  const collector = await start(folder)
  for (let i = 0; i < 20; i++) await send()
  await waitFor('a request', () => to.waiting.length > 0)
  return { to, folder, acked, send, collector }
}

/** No test waits for it: who ends earlier does not wait for the deadline. */
const LONG = '10m'
const ON_DISK = '{ storage: file_storage, num_consumers: 1 }'
const IN_MEMORY = '{ num_consumers: 1 }'
const LATE = 'the shutdown deadline passed before everything was delivered'

/** What was acknowledged before arrives after the next start. */
const restart = async (folder: string, to: Awaited<ReturnType<typeof destination>>, acked: readonly string[]) => {
  to.answer()
  const next = await start(folder)
  await waitFor('what was acknowledged', () => acked.every((body) => to.got.has(body)))
  next.child.kill('SIGTERM')
  expect((await next.gone()).code).toBe(0)
}

describe('one signal', () => {
  it('takes nothing new, and ends with 0 when all that was acknowledged is delivered', async () => {
    const { to, acked, send, collector } = await scene(IN_MEMORY, '30s')
    expect(acked).toHaveLength(20)
    collector.child.kill('SIGTERM')
    await waitFor('the stop', () => collector.said('stopping;') === 1)
    await waitFor('a closed door', async () => !(await send()))
    // Too late for another configuration, and no reason to go without what is waited for.
    collector.child.kill('SIGHUP')
    expect(collector.child.exitCode).toBeNull()
    to.answer()
    expect((await collector.gone()).code).toBe(0)
    expect([...to.got]).toEqual(acked)
    expect(collector.said(LATE)).toBe(0)
  })

  it('says once what is left when the deadline passes, and ends with 5', async () => {
    const { acked, collector } = await scene(IN_MEMORY, '500ms')
    collector.child.kill('SIGTERM')
    const { code, ms } = await collector.gone()
    expect([code, acked.length], collector.words()).toEqual([5, 20])
    expect(ms).toBeGreaterThan(400)
    expect(collector.said(LATE)).toBe(1)
    expect(collector.words()).toMatch(/otlp_http[^\n]*20/)
  })
})

describe('a second signal', () => {
  it('ends all waiting: what is in memory is reported, once', async () => {
    const { collector } = await scene(IN_MEMORY, LONG)
    collector.child.kill('SIGTERM')
    await waitFor('the stop', () => collector.said('stopping;') === 1)
    collector.child.kill('SIGTERM')
    expect((await collector.gone()).code, collector.words()).toBe(5)
    expect([collector.said('ending all waiting'), collector.said(LATE)]).toEqual([1, 1])
  })

  it('loses nothing of what is on disk', async () => {
    const { to, folder, acked, collector } = await scene(ON_DISK, LONG)
    collector.child.kill('SIGTERM')
    await waitFor('the stop', () => collector.said('stopping;') === 1)
    collector.child.kill('SIGINT')
    expect((await collector.gone()).code, collector.words()).toBe(0)
    expect(collector.said('records stay on disk and go out with the next start')).toBe(1)
    await restart(folder, to, acked)
  })
})

describe('a third signal', () => {
  it('ends the process at once, and what is on disk goes out with the next start', async () => {
    const { to, folder, acked, collector } = await scene(ON_DISK, LONG)
    collector.child.kill('SIGTERM')
    await waitFor('the stop', () => collector.said('stopping;') === 1)
    // Both are there before it can end in order; two of one kind would arrive as one.
    for (const name of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) collector.child.kill(name)
    expect((await collector.gone()).code, collector.words()).toBe(130)
    expect(collector.words()).toContain('again; ending at once')
    await restart(folder, to, acked)
  })
})
