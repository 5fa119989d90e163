import { describe, expect, it } from 'vitest'
import type { ComponentState } from 'seneca-collector'
import { conformance, harness, type Harness } from 'seneca-collector/testing'
import healthCheck from './index.ts'

const component = (id: string, state: ComponentState['state'], reason?: string): ComponentState => ({
  id,
  kind: 'exporter',
  state,
  since: 0,
  ...(reason === undefined ? {} : { reason }),
})

const urlOf = (run: Harness): string => `http://${(run.inspect() as { readonly endpoint: string }).endpoint}`

const withServer = async (
  options: Readonly<Record<string, unknown>>,
  components: () => readonly ComponentState[],
  use: (url: string, run: Harness) => Promise<void>,
): Promise<void> => {
  const run = await harness(healthCheck, { endpoint: 'localhost:0', ...options }, { components })
  await run.start()
  try {
    await use(urlOf(run), run)
  } finally {
    await run.stop()
  }
}

describe('health_check', () => {
  it('answers 200 with the uptime while all components are well', async () => {
    await withServer(
      {},
      () => [component('file', 'ok')],
      async (url, run) => {
        await run.clock.advance(192_500)
        const response = await fetch(url)
        expect(response.status).toBe(200)
        expect(await response.json()).toEqual({
          status: 'Server available',
          upSince: '2026-01-01T00:00:00.000Z',
          uptime: '3m12.5s',
          state: 'ok',
        })
      },
    )
  })

  it('answers 503 and names the component that failed, with its reason on the loopback', async () => {
    const components = [component('file', 'failed', 'no space left on device'), component('debug', 'ok')]
    await withServer(
      {},
      () => components,
      async (url) => {
        const response = await fetch(url)
        expect(response.status).toBe(503)
        expect(await response.json()).toMatchObject({
          status: 'Server not available',
          state: 'failed',
          components: [{ kind: 'exporter', id: 'file', state: 'failed', reason: 'no space left on device' }],
        })
      },
    )
  })

  it('follows the components: starting is 503, ok 200, degraded 200 unless told otherwise', async () => {
    let state: ComponentState['state'] = 'starting'
    const statuses: number[] = []
    await withServer(
      {},
      () => [component('file', state)],
      async (url) => {
        for (state of ['starting', 'ok', 'degraded', 'failed', 'ok'] as const) statuses.push((await fetch(url)).status)
      },
    )
    expect(statuses).toEqual([503, 200, 200, 503, 200])
    await withServer(
      { unhealthy_when: 'degraded' },
      () => [component('file', 'degraded')],
      async (url) => {
        expect((await fetch(url)).status).toBe(503)
      },
    )
  })

  it('answers texts of the configuration, on its path only, to GET and HEAD only', async () => {
    const options = { path: '/health', response_body: { healthy: 'fine', unhealthy: 'broken' } }
    let state: ComponentState['state'] = 'ok'
    await withServer(
      options,
      () => [component('file', state)],
      async (url) => {
        expect(await (await fetch(url)).text()).toBe('fine')
        expect((await fetch(`${url}?probe=1`, { method: 'HEAD' })).status).toBe(200)
        expect((await fetch(new URL('/', url))).status).toBe(404)
        expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405)
        state = 'failed'
        const unhealthy = await fetch(url)
        expect([unhealthy.status, await unhealthy.text()]).toEqual([503, 'broken'])
      },
    )
  })

  it('counts a destination as unhealthy only when it has been failing for long, and tells of the change', async () => {
    let states: readonly ComponentState[] = [component('file', 'ok')]
    await withServer(
      { unhealthy_when: 'degraded', recovery_duration: '30s' },
      () => states,
      async (url, run) => {
        await run.clock.advance(5_000)
        states = [{ ...component('file', 'degraded', 'down'), since: run.clock.now() }]
        await run.clock.advance(29_000)
        expect((await fetch(url)).status).toBe(200)
        await run.clock.advance(1_000)
        expect((await fetch(url)).status).toBe(503)
        states = [component('file', 'ok')]
        await run.clock.advance(3_000)
        expect((await fetch(url)).status).toBe(200)
        const told = run.records().map(({ eventName, attributes }) => [eventName, Object.fromEntries(attributes)])
        expect(told).toMatchObject([
          ['system.health.changed', { 'marcus.old': 'ok', 'marcus.new': 'degraded', 'marcus.reason': 'down' }],
          ['system.health.changed', { 'marcus.old': 'degraded', 'marcus.new': 'ok' }],
        ])
      },
    )
  })

  it('says in a sentence that its port is taken', async () => {
    await withServer(
      {},
      () => [],
      async (url) => {
        const { host } = new URL(url)
        const second = await harness(healthCheck, { endpoint: host })
        await expect(second.start()).rejects.toThrow(`cannot listen on ${host}: something else listens there already`)
        await second.stop()
      },
    )
  })

  it('refuses an endpoint that is none', async () => {
    await expect(harness(healthCheck, { endpoint: 'localhost' })).rejects.toThrow('is no address to listen on')
  })

  for (const check of conformance(healthCheck, { folder: import.meta.dirname })) it(check.name, check.run)
})
