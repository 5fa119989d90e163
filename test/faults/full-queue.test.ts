/** A queue that runs full and has room again, as health tells it; the destination is slow and never fails. */
import { describe, expect, it } from 'vitest'
import healthCheck from '../../plugins/extensions/health_check/index.ts'
import type { ComponentConfig, SendingQueueOptions } from '../../core/config/types.ts'
import type { LogBatch, PluginDefinition } from '../../core/kit/index.ts'
import { component, events, feed, queueOf, rig, sink } from './rig.ts'

const health: ComponentConfig = {
  ...component('extension', 'health_check', () => ({})),
  definition: healthCheck as unknown as PluginDefinition,
  options: { endpoint: 'localhost:0', path: '/', unhealthy_when: 'failed', recovery_duration: 60_000 },
}

/** Keeps what the collector says of changes of health. */
const listening = () => {
  const told: string[] = []
  const config = component('receiver', 'listening', (ctx) => {
    ctx.onEmitted((batch) => {
      for (const { eventName, attributes } of batch as LogBatch) {
        if (attributes.get('marcus.component') !== 'exporter/out') continue
        const [old, now] = [attributes.get('marcus.old'), attributes.get('marcus.new')] as string[]
        told.push(`${eventName} ${old} -> ${now}`)
      }
    })
    return {}
  })
  return { config, told }
}

const filling = async (queue: Partial<SendingQueueOptions>) => {
  const [source, out, heard] = [feed(), sink('out', { engine: { sendingQueue: queueOf(queue) } }), listening()]
  const made = await rig({
    components: [source.config, heard.config, health, out.config],
    pipelines: [{ receivers: ['feed', 'listening'], exporters: ['out'] }],
    extensions: ['health_check'],
  })
  out.before = () => made.clock.sleep(1_000)
  const state = (): string => {
    const found = made.collector.status().find(({ id }) => id === 'out')
    return `${found?.state}: ${found?.reason}`
  }
  const calls: Promise<unknown>[] = []
  const fill = (n: number): void => {
    for (let i = 0; i < n; i++) calls.push(source.send(events(1)).catch(() => {}))
  }
  return { made, heard, state, fill, calls }
}

const CHANGES = ['system.health.changed ok -> degraded', 'system.health.changed degraded -> ok']

describe('a full queue', () => {
  for (const [onFull, consequence] of [
    ['block', 'senders wait'],
    ['reject', 'senders are refused for now'],
    ['drop_oldest', 'the oldest records are dropped'],
  ] as const)
    it(`makes its exporter degraded until there is room again under ${onFull}, and that is told`, async () => {
      const { made, heard, state, fill, calls } = await filling({ queueSize: 12, onFull })
      fill(18)
      await made.clock.advance(1_200)
      expect(state()).toBe(`degraded: its queue is full (12 requests): ${consequence}`)
      await made.clock.advance(25_000)
      expect(state()).toBe('ok: undefined')
      await made.clock.advance(2_000)
      await Promise.all(calls)
      expect(heard.told).toEqual(CHANGES)
    })

  it('is no trouble where senders are slowed for a moment', async () => {
    const { made, heard, state, fill, calls } = await filling({ queueSize: 3 })
    fill(4)
    await made.clock.advance(1_200)
    await Promise.all(calls)
    expect(state()).toBe('ok: undefined')
    await made.clock.advance(5_000)
    expect(heard.told).toEqual([])
  })
})
