import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Collector, TapPoint } from '../engine/types.ts'
import { logs, metrics, spans } from '../model/index.ts'
import { controlClient } from './client.ts'
import { dataDirectoryOf } from './data-directory.ts'
import { controlHandlers } from './handlers.ts'
import { matchPath, startControl } from './server.ts'
import { tapLines, tapOptions } from './tap.ts'

const info = {
  pid: 1,
  version: '0',
  started_at: '2026-01-01T00:00:00.000Z',
  data_directory: 'd',
  configuration: [],
  once: false,
}

/** As much of a collector as the handlers ask for, and a way to let records pass. */
const fakeCollector = () => {
  const listeners = new Set<(point: TapPoint) => void>()
  const collector = {
    generation: { number: 1, since: 0 },
    status: () => [
      { id: 'marcus/main', kind: 'receiver', pipelines: ['logs'], state: 'degraded', reason: 'no endpoint', since: 0 },
      { id: 'file', kind: 'exporter', pipelines: ['logs'], state: 'ok', since: 0 },
    ],
    balance: () => [{ pipeline: 'logs', received: 9007199254740993n }],
    inspect: (component: string, topic: string, query: Readonly<Record<string, string>>) =>
      topic === 'now' ? { component, topic, query } : undefined,
    tap(listener: (point: TapPoint) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  } as unknown as Collector
  const pass = (at: string, ...types: readonly string[]): void => {
    const batch = logs(
      types.map((eventName, index) => ({ eventName, attributes: { 'log.record.uid': `${eventName}-${index}` } })),
    )
    for (const listener of listeners) listener({ at, batch })
  }
  return { collector, pass, listeners }
}

const serve = async (use: (folder: string, fake: ReturnType<typeof fakeCollector>) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-control-'))
  const fake = fakeCollector()
  const stop = () => Promise.resolve({ drained: true, left: {}, stored: {} })
  const control = await startControl(folder, controlHandlers({ collector: () => fake.collector, info, stop }))
  try {
    await use(folder, fake)
  } finally {
    await control.close()
  }
}

const typesOf = (lines: readonly string[]): unknown[] =>
  lines.map((line) => (JSON.parse(line) as { type: unknown }).type)

describe('the control socket', () => {
  it('is for its owner only, answers, and is gone when it closes', async () => {
    let path = ''
    await serve(async (folder) => {
      path = join(folder, 'control.sock')
      expect(statSync(path).mode & 0o777).toBe(0o600)
      expect(await controlClient(folder).get('/status')).toMatchObject({
        pid: 1,
        state: 'degraded',
        components: [{ id: 'marcus/main' }, { id: 'file' }],
      })
      expect(await controlClient(folder).post('/stop')).toEqual({ drained: true, left: {}, stored: {} })
      expect(await controlClient(folder).get('/balance')).toEqual([{ pipeline: 'logs', received: '9007199254740993' }])
    })
    expect(existsSync(path)).toBe(false)
  })

  it('asks a component whose id has a slash', async () => {
    await serve(async (folder) => {
      const answer = await controlClient(folder).get(
        `/inspect/receiver/${encodeURIComponent('marcus/main')}/now?agents=1`,
      )
      expect(answer).toEqual({ component: 'receiver/marcus/main', topic: 'now', query: { agents: '1' } })
      await expect(controlClient(folder).get('/inspect/exporter/nobody/now')).rejects.toMatchObject({
        code: 'not_found',
        message: "there is no component 'exporter/nobody'; there are receiver/marcus/main, exporter/file",
      })
      await expect(controlClient(folder).get('/inspect/exporter/file')).rejects.toMatchObject({ code: 'not_found' })
      await expect(controlClient(folder).get('/nothing')).rejects.toThrow('there is nothing at GET /nothing')
    })
  })

  it('refuses a second collector in the same data directory, and replaces a socket nobody answers', async () => {
    await serve(async (folder) => {
      await expect(startControl(folder, [])).rejects.toThrow('a collector is already running in')
    })
    const folder = mkdtempSync(join(tmpdir(), 'seneca-control-'))
    writeFileSync(join(folder, 'control.sock'), '')
    const control = await startControl(folder, [])
    await control.close()
  })

  it('is looked for where the option, the variable or the default says', () => {
    const cwd = '/somewhere'
    expect(dataDirectoryOf('data', { env: { SENECA_DATA_DIR: '/env' }, cwd })).toBe('/somewhere/data')
    expect(dataDirectoryOf(undefined, { env: { SENECA_DATA_DIR: '/env' }, cwd })).toBe('/env')
    expect(dataDirectoryOf(undefined, { env: {}, cwd })).toBe('/somewhere/.seneca')
  })

  it('matches paths by segment, with parameters and a rest', () => {
    expect(matchPath('/inspect/:kind/:id/:topic*', '/inspect/receiver/a%2Fb/now/deep')).toEqual({
      kind: 'receiver',
      id: 'a/b',
      topic: 'now/deep',
    })
    expect(matchPath('/inspect/:kind/:id/:topic*', '/inspect/receiver/a')).toEqual({
      kind: 'receiver',
      id: 'a',
      topic: '',
    })
    expect(matchPath('/status', '/status/more')).toBeUndefined()
    expect(() => matchPath('/inspect/:kind/:id/:topic*', '/inspect/%zz/a')).toThrow("'%zz' is not percent-encoded")
  })
})

describe('tap', () => {
  it('streams what matches, at the place asked for, over the socket', async () => {
    await serve(async (folder, { pass, listeners }) => {
      const ending = new AbortController()
      const lines: string[] = []
      const reading = (async () => {
        for await (const line of controlClient(folder).lines(
          '/tap?pattern=task.*&pattern=agent.silent&at=receiver',
          ending.signal,
        )) {
          lines.push(line)
          if (lines.length === 2) ending.abort()
        }
      })()
      while (listeners.size === 0) await new Promise((resolve) => setImmediate(resolve))
      pass('pipeline/logs', 'task.started')
      pass('receiver/file_log', 'task.completed', 'agent.resumed', 'agent.silent')
      await reading
      expect(typesOf(lines)).toEqual(['task.completed', 'agent.silent'])
      while (listeners.size > 0) await new Promise((resolve) => setImmediate(resolve))
    })
  })

  it('shows a record once that several pipelines carry', async () => {
    const { collector, pass } = fakeCollector()
    const ending = new AbortController()
    const lines = tapLines(collector, tapOptions(new URLSearchParams()), ending.signal)
    const first = lines.next()
    pass('pipeline/logs/a', 'task.started')
    pass('pipeline/logs/b', 'task.started')
    expect(
      typesOf(
        String((await first).value)
          .trimEnd()
          .split('\n'),
      ),
    ).toEqual(['task.started'])
    const second = lines.next()
    ending.abort()
    expect((await second).done).toBe(true)
  })

  it('shows spans and metrics as lines of their own types', async () => {
    const { collector, listeners } = fakeCollector()
    const seen = async (query: string): Promise<{ type: string; data: object }[]> => {
      const ending = new AbortController()
      const lines = tapLines(collector, tapOptions(new URLSearchParams(query)), ending.signal)
      const first = lines.next()
      const start = 1_767_603_600_000_000_000n
      const span = { name: 'GET', startTime: start, endTime: start + 2_500_000n, attributes: { a: 1 } }
      const metric = { name: 'n', type: 'gauge', dataPoints: [{ value: 2, time: start }, { value: 3 }] } as const
      for (const listener of listeners) {
        listener({ at: 'pipeline/traces', batch: spans([span], { resource: { attributes: { 'service.name': 's' } } }) })
        listener({ at: 'pipeline/metrics', batch: metrics([metric]) })
      }
      const text = String((await first).value)
        .trimEnd()
        .split('\n')
      ending.abort()
      await lines.return(undefined)
      return text.map((line) => JSON.parse(line) as { type: string; data: object })
    }
    expect(await seen('')).toMatchObject([
      {
        type: 'otel.span',
        source: 's',
        timestamp: '2026-01-05T09:00:00.000Z',
        data: { name: 'GET', duration_ms: 2.5, attributes: { a: 1 } },
      },
      { type: 'otel.metric', data: { name: 'n', kind: 'gauge', point_count: 2, points: [{ value: 2 }, { value: 3 }] } },
    ])
    expect((await seen('pattern=otel.metric')).map(({ type }) => type)).toEqual(['otel.metric'])
  })

  it('announces what a slow reader missed, with the number', async () => {
    const { collector, pass } = fakeCollector()
    const ending = new AbortController()
    const lines = tapLines(collector, tapOptions(new URLSearchParams('at=receiver')), ending.signal)
    const first = lines.next()
    const many = Array.from({ length: 10_000 }, (_, index) => `task.started.number${index}.${'x'.repeat(200)}`)
    for (let round = 0; round < 5; round++) pass('receiver/file_log', ...many)
    const text = String((await first).value)
    const gap = JSON.parse(String((await lines.next()).value)) as { type: string; data: { missed: number } }
    expect(gap.type).toBe('seneca.tap.gap')
    expect(text.trimEnd().split('\n').length + gap.data.missed).toBe(50_000)
    ending.abort()
    await lines.return(undefined)
  })

  it('refuses a pattern or a place that is none, with a sentence', async () => {
    await serve(async (folder) => {
      const ask = async (query: string): Promise<unknown> =>
        controlClient(folder).lines(`/tap?${query}`, new AbortController().signal).next()
      await expect(ask('pattern=task..x')).rejects.toMatchObject({ code: 'usage' })
      await expect(ask('at=somewhere')).rejects.toThrow("there is no place 'somewhere' to tap")
    })
  })

  it('ends in order when the collector ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seneca-control-'))
    const { collector, listeners } = fakeCollector()
    const stop = () => Promise.resolve({ drained: true, left: {}, stored: {} })
    const control = await startControl(folder, controlHandlers({ collector: () => collector, info, stop }))
    const lines = controlClient(folder).lines('/tap', new AbortController().signal)
    const next = lines.next()
    while (listeners.size === 0) await new Promise((resolve) => setImmediate(resolve))
    await control.close()
    expect(await next).toEqual({ done: true, value: undefined })
    await expect(controlClient(folder).get('/status')).rejects.toMatchObject({ code: 'no_collector' })
  })
})
