/** What exporters say themselves comes out of whoever listens, and holds nobody up. */
import { describe, expect, it } from 'vitest'
import { CollectorError, deliver, logs, type Batch, type Context } from '../../core/kit/index.ts'
import { component, events, feed, rig, sink } from './rig.ts'

const listener = (): ReturnType<typeof component> =>
  component('receiver', 'listener', (ctx) => {
    ctx.onEmitted((batch) => void deliver(ctx, batch, ctx.signal))
    return {}
  })

/** An exporter that says "told" of each batch, and "lost" of each that was given up. */
const talker = (consume: (batch: Batch) => Promise<void>): ReturnType<typeof component> =>
  component('exporter', 'talker', (ctx: Context) => {
    const say = (eventName: string): void => void ctx.emit(logs([{ eventName, time: 1n }]))
    return {
      consume: async (batch) => {
        await consume(batch)
        say('told')
      },
      undelivered: (batch, error) => say(`lost ${batch.count}: ${error.code}`),
    }
  })

const namesOf = (batches: readonly Batch[]): string[] =>
  batches.flatMap((batch) => Array.from(batch as Batch<'logs'>, ({ eventName }) => eventName))

describe('an exporter that says something itself', () => {
  it('is heard in the pipeline of a receiver that listens, and the balance holds in both', async () => {
    const [source, kept] = [feed(), sink('kept')]
    const made = await rig({
      components: [source.config, listener(), talker(async () => {}), kept.config],
      pipelines: [{ exporters: ['talker'] }, { id: 'logs/own', receivers: ['listener'], exporters: ['kept'] }],
    })
    await source.send(events(3))
    await made.clock.settle()
    expect(namesOf(kept.batches)).toEqual(['told'])
    expect(made.collector.balance()).toMatchObject([
      { received: 3, delivered: 3, balanced: true },
      { received: 1, delivered: 1, balanced: true },
    ])
  })

  it('does not wait for what becomes of it, not even where that is its own next batch', async () => {
    const source = feed()
    let calls = 0
    const answering = component('exporter', 'answering', (ctx) => ({
      consume: async () => {
        calls++
        if (calls <= 3) await ctx.emit(events(1))
      },
    }))
    const made = await rig({
      components: [source.config, listener(), answering],
      pipelines: [{ receivers: ['feed', 'listener'], exporters: ['answering'] }],
    })
    await source.send(events(1))
    await made.clock.settle()
    expect(calls).toBe(4)
  })

  it('says it to nobody where nobody listens', async () => {
    const source = feed()
    const made = await rig({
      components: [source.config, talker(async () => {})],
      pipelines: [{ exporters: ['talker'] }],
    })
    await source.send(events(2))
    expect(made.balance()).toMatchObject({ received: 2, delivered: 2, balanced: true })
  })

  it('is told when the engine gives a batch up', async () => {
    const [source, kept] = [feed(), sink('kept')]
    const refusing = talker(() => Promise.reject(new CollectorError('invalid_data', 'no')))
    const made = await rig({
      components: [source.config, listener(), refusing, kept.config],
      pipelines: [{ exporters: ['talker'] }, { id: 'logs/own', receivers: ['listener'], exporters: ['kept'] }],
    })
    await source.send(events(4))
    await made.clock.settle()
    expect(namesOf(kept.batches)).toEqual(['lost 4: invalid_data'])
  })
})
