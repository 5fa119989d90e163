import { logs, type Batch } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import plugin from './index.ts'

const batch = (...names: string[]): Batch => logs(names.map((eventName) => ({ eventName, time: 1n })))
const namesOf = (made: Awaited<ReturnType<typeof harness>>): string[] =>
  made.records().map(({ eventName }) => eventName)

describe("the collector's own events", () => {
  it('are handed on in the order they were said', async () => {
    const made = await harness(plugin)
    await made.start()
    made.hear(batch('a', 'b'))
    made.hear(batch('c'))
    await made.clock.settle()
    expect(namesOf(made)).toEqual(['a', 'b', 'c'])
  })

  it('wait while the pipeline is busy, and are dropped by name where no room is left', async () => {
    const made = await harness(plugin, { queue_size: 2 })
    await made.start()
    const open = Promise.withResolvers<void>()
    made.follow(() => open.promise)
    for (const name of ['a', 'b', 'c']) made.hear(batch(name))
    expect(made.dropped).toEqual({ 'the queue is full': 1 })
    open.resolve()
    await made.clock.settle()
    expect(namesOf(made)).toEqual(['a', 'b'])
  })

  it('that are left at the end are counted', async () => {
    const made = await harness(plugin)
    await made.start()
    made.follow(() => new Promise(() => {}))
    made.hear(batch('a'))
    await made.stop()
    expect(made.dropped).toEqual({ 'the collector was stopping': 1 })
    made.hear(batch('b'))
    expect(made.inspect()).toEqual({ waiting: 1 })
  })
})
