import { threadId } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { createOffload, type OffloadHost } from './offload.ts'

const square = new URL('./testdata/square.worker.ts', import.meta.url)
const counting = new URL('./testdata/counting.worker.ts', import.meta.url)

const hosts: OffloadHost[] = []
const host = (size = 2): OffloadHost => {
  const made = createOffload(size)
  hosts.push(made)
  return made
}
afterEach(async () => {
  for (const made of hosts.splice(0)) await made.close()
})

describe('offload', () => {
  it('starts no thread before there is work', () => {
    const made = host()
    made.of('processor/x').stateful(counting, { shards: 3 })
    expect(made.running).toBe(0)
  })

  it('runs stateless tasks of a .ts file in at most the threads it may have', async () => {
    const made = host(2)
    const offload = made.of('processor/x')
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => offload.run<{ square: number; threadId: number }>(square, n)),
    )
    expect(answers.map((answer) => answer.square)).toEqual(Array.from({ length: 20 }, (_, n) => n * n))
    expect(answers.some((answer) => answer.threadId === threadId)).toBe(false)
    expect(made.running).toBeLessThanOrEqual(2)
  })

  it('keeps state in the shard that owns a key, in call order', async () => {
    const shards = host()
      .of('processor/x')
      .stateful(counting, { shards: 2, init: { a: 10 } })
    const first = await Promise.all(
      ['a', 'b', 'a', 'c', 'a'].map((word) => shards.call<{ count: number; threadId: number }>(word, 'count', word)),
    )
    const ofA = first.filter((_, i) => [0, 2, 4].includes(i))
    expect(ofA.map(({ count }) => count)).toEqual([11, 12, 13])
    expect(new Set(ofA.map((answer) => answer.threadId)).size).toBe(1)
    const totals = await shards.all<number>('total', undefined)
    expect(totals.reduce((a, b) => a + b, 0)).toBe(5 + 2 * 10)
    await shards.close()
  })

  it('names the component whose worker failed, and goes on', async () => {
    const shards = host().of('processor/moody').stateful(counting, { shards: 1, init: {} })
    await expect(shards.call('x', 'fail', undefined)).rejects.toMatchObject({
      code: 'plugin_failed',
      message: 'a worker of processor/moody failed: not a word',
    })
    expect(await shards.call('x', 'count', 'x')).toMatchObject({ count: 1 })
  })

  it('gives up a task when its signal aborts', async () => {
    const signal = AbortSignal.abort()
    await expect(host().of('processor/x').run(square, 2, { signal })).rejects.toMatchObject({ code: 'cancelled' })
  })
})
