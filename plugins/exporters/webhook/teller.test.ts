import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { CollectorError, decode, type Batch } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import webhook from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Somebody who answers with one status after the other, the last for ever. */
const answering = async (...statuses: number[]): Promise<string> => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(statuses.length > 1 ? statuses.shift()! : statuses[0]!).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const posting = async (url: string) => {
  const made = await harness(webhook, { url }, { id: 'webhook/team' })
  cleanups.push(() => made.stop())
  const told = (): { type: string; data: unknown }[] =>
    made.batches
      .flatMap((batch) => Buffer.concat(batch.encode('envelope')).toString().trim().split('\n'))
      .map((line) => JSON.parse(line) as { type: string; data: unknown })
      .map(({ type, data }) => ({ type, data }))
  return { made, told }
}

const happened = (type: string, data: object = {}): Batch =>
  decode(
    'logs',
    'envelope',
    Buffer.from(
      `${JSON.stringify({ id: 'e1', type, source: 's', timestamp: '2026-11-23T20:00:00Z', data, metadata: {}, version: '1' })}\n`,
    ),
  )

describe('what the webhook says of its deliveries', () => {
  it('names the alert, the receiver, the attempts it took and the answer', async () => {
    const { made, told } = await posting(await answering(503, 204))
    const batch = happened('task.blocked')
    await expect(made.consume(batch)).rejects.toThrow()
    expect(told()).toEqual([])
    await made.consume(batch)
    const data = { alert: 'task.blocked', receiver: 'webhook/team', attempts: 2, status: 204, event_id: 'e1' }
    expect(told()).toEqual([{ type: 'alert.notified', data }])
  })

  it("has an alert's own name where it has one", async () => {
    const { made, told } = await posting(await answering(200))
    await made.consume(happened('alert.fired', { alert: 'storm' }))
    expect(told()).toMatchObject([{ data: { alert: 'storm' } }])
  })

  it('is a failure when the answer is final', async () => {
    const { made, told } = await posting(await answering(410))
    await made.consume(happened('task.blocked'))
    expect(told()).toMatchObject([
      { type: 'alert.failed', data: { attempts: 1, status: expect.stringContaining('410') as string } },
    ])
  })

  it('is a failure when the engine gives up', async () => {
    const { made, told } = await posting(await answering(503))
    const batch = happened('task.blocked')
    await expect(made.consume(batch)).rejects.toThrow()
    await expect(made.consume(batch)).rejects.toThrow()
    made.component.undelivered?.(batch, new CollectorError('unavailable', 'nobody answers'))
    await made.clock.settle()
    expect(told()).toMatchObject([{ type: 'alert.failed', data: { attempts: 2, status: 'nobody answers' } }])
  })

  it('is not said of what is itself about a delivery', async () => {
    const { made, told } = await posting(await answering(200))
    await made.consume(happened('alert.notified', { alert: 'storm' }))
    expect(told()).toEqual([])
  })
})
