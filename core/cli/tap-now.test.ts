import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../test/setup/wait-for.ts'
import { controlHandlers } from '../control/handlers.ts'
import { startControl } from '../control/server.ts'
import type { Collector, TapPoint } from '../engine/types.ts'
import { logs } from '../model/index.ts'
import { verb as nowVerb } from './now.ts'
import { verb as tapVerb } from './tap.ts'
import type { Io } from './verb.ts'
import type { NowView } from './view/now-view.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const view: NowView = {
  at: Date.UTC(2026, 10, 23, 18),
  marcus: { state: 'up', endpoint: 'none' },
  agents: [{ agent_id: 'agent-ana', name: 'Ana', role: 'Developer', status: 'idle', silent: false }],
  blockers: [],
  tasks: [],
  projects: [],
}

/** A control socket over a collector that flows when told to. */
const serve = async (
  receivers: readonly string[],
): Promise<{ directory: string; flow: (type: string) => void; tapped: () => number }> => {
  const directory = mkdtempSync(join(tmpdir(), 'seneca-tap-'))
  const listeners = new Set<(point: TapPoint) => void>()
  const collector = {
    tap: (listener: (point: TapPoint) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    status: () => receivers.map((id) => ({ id, kind: 'receiver', pipelines: [], state: 'ok' as const, since: 0 })),
    generation: { number: 1, since: 0 },
    inspect: (_component: string, topic: string) => (topic === 'now' ? view : undefined),
  } as unknown as Collector
  const info = { pid: 1, version: '0', started_at: '', data_directory: directory, configuration: [], once: false }
  const stop = () => Promise.reject(new Error('not here'))
  const server = await startControl(directory, controlHandlers({ collector: () => collector, info, stop }))
  cleanups.push(
    () => rmSync(directory, { recursive: true, force: true }),
    () => server.close(),
  )
  const flow = (type: string): void => {
    const data = { 'marcus.agent.id': 'agent-ana', 'marcus.agent.name': 'Ana' }
    const batch = logs([{ eventName: type, time: 1_795_456_090_703_626_000n, attributes: data }])
    for (const listener of listeners) listener({ at: 'pipeline/logs', batch })
  }
  return { directory, flow, tapped: () => listeners.size }
}

const testIo = (terminal = false): { io: Io; out: () => string; err: () => string; abort: () => void } => {
  const controller = new AbortController()
  const written = { out: '', err: '' }
  const io: Io = {
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    env: {},
    cwd: tmpdir(),
    signal: controller.signal,
    color: false,
    terminal,
    columns: () => 80,
    debug: false,
  }
  return { io, out: () => written.out, err: () => written.err, abort: () => controller.abort() }
}

const tapOptions = { at: [], limit: undefined, since: undefined, store: undefined, json: false }
const nowOptions = { watch: false, receiver: undefined, all: false, json: false }

describe('tap', () => {
  it('shows what matches, as it passes, in words', async () => {
    const { directory, flow, tapped } = await serve(['marcus'])
    const { io, out } = testIo()
    const options = { ...tapOptions, limit: 2, 'data-dir': directory }
    const running = tapVerb.run({ operands: ['agent.*'], options }, io)
    await waitFor('a listener', () => tapped() === 1)
    for (const type of ['agent.work.requested', 'task.completed', 'agent.resumed']) flow(type)
    expect(await running).toBe(0)
    expect(out().split('\n')).toEqual([
      '17:48:10  agent.work.requested      Ana asks for work',
      '17:48:10  agent.resumed             Ana is back after ?',
      '',
    ])
    await waitFor('the listener to go', () => tapped() === 0)
  })

  it('prints envelopes for programs and ends when it is interrupted', async () => {
    const { directory, flow, tapped } = await serve(['marcus'])
    const { io, out, abort } = testIo()
    const running = tapVerb.run({ operands: [], options: { ...tapOptions, json: true, 'data-dir': directory } }, io)
    await waitFor('a listener', () => tapped() === 1)
    flow('agent.silent')
    await waitFor('a line', () => out().endsWith('\n'))
    abort()
    expect(await running).toBe(0)
    expect(JSON.parse(out())).toMatchObject({ type: 'agent.silent', data: { agent_id: 'agent-ana' } })
  })

  it('says what it cannot do', async () => {
    const { directory } = await serve(['marcus'])
    const { io } = testIo()
    const run = (operands: string[], more: object) =>
      tapVerb.run({ operands, options: { ...tapOptions, 'data-dir': directory, ...more } }, io)
    await expect(run([], { since: '10m' })).rejects.toThrow(/has no event store/)
    await expect(run([], { at: ['kitchen'] })).rejects.toThrow(/no place 'kitchen'/)
    await expect(run(['a..b'], {})).rejects.toThrow(/pattern/)
    await expect(run([], { 'data-dir': join(directory, 'elsewhere') })).rejects.toThrow(/no collector is running/)
  })
})

describe('now', () => {
  it('asks the marcus receiver and draws its answer', async () => {
    const { directory } = await serve(['file_log', 'marcus'])
    const { io, out } = testIo()
    expect(await nowVerb.run({ operands: [], options: { ...nowOptions, 'data-dir': directory } }, io)).toBe(0)
    expect(out()).toMatch(/^Marcus is up, read from its files alone · 18:00:00 UTC\n\nagent .*\nAna +idle/)
  })

  it('prints JSON for programs, a line for each receiver', async () => {
    const { directory } = await serve(['marcus/a', 'marcus/b'])
    const { io, out } = testIo()
    await nowVerb.run({ operands: [], options: { ...nowOptions, json: true, 'data-dir': directory } }, io)
    const lines = out().trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { receiver: string }).receiver)).toEqual(['marcus/a', 'marcus/b'])
  })

  it('says so when nobody watches a Marcus', async () => {
    const { directory } = await serve(['otlp'])
    const { io } = testIo()
    const run = (receiver: string | undefined) =>
      nowVerb.run({ operands: [], options: { ...nowOptions, receiver, 'data-dir': directory } }, io)
    await expect(run(undefined)).rejects.toThrow('has no marcus receiver, so it knows nothing of agents; it has otlp')
    await expect(run('marcus/x')).rejects.toThrow("no receiver 'marcus/x'")
  })

  it('redraws a live table on a terminal until it is interrupted', async () => {
    const { directory } = await serve(['marcus'])
    const { io, out, abort } = testIo(true)
    const running = nowVerb.run({ operands: [], options: { ...nowOptions, watch: true, 'data-dir': directory } }, io)
    await waitFor('a picture', () => out().includes('Ana'))
    abort()
    expect(await running).toBe(0)
  })
})
