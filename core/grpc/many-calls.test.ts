import * as grpc from '@grpc/grpc-js'
import { expect, it, onTestFinished } from 'vitest'
import { waitFor } from '../../test/setup/wait-for.ts'
import { createByteBudget } from '../http/byte-budget.ts'
import { systemClock } from '../kit/system-clock.ts'
import { createGrpcServer } from './index.ts'
import type { GrpcMethod } from './index.ts'

const PATH = '/test.Echo/Say'

it('answers many calls of the official implementation at a time, large ones too, while others are taken back', async () => {
  const budget = createByteBudget(64 * 1024 * 1024)
  const refusals: string[] = []
  const method: GrpcMethod = async (message, { signal }) => {
    if (message.length !== 7) return message
    // Seven bytes are never answered.
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
  }
  const server = createGrpcServer({
    clock: systemClock,
    budget,
    methods: new Map([[PATH, method]]),
    maxMessageBytes: 4 * 1024 * 1024,
    maxConnections: 10,
    maxConcurrentStreams: 200,
    encodings: [],
    explain: (spoken) => spoken,
    onRefused: (_why, sentence) => void refusals.push(sentence),
  })
  const address = await server.listen('127.0.0.1:0')
  const client = new grpc.Client(address, grpc.credentials.createInsecure())
  onTestFinished(async () => {
    client.close()
    server.cut()
    await server.close()
  })
  const same = (bytes: Buffer): Buffer => bytes
  const ask = (message: Buffer): { call: grpc.ClientUnaryCall; answer: Promise<Buffer> } => {
    let call: grpc.ClientUnaryCall | undefined
    const answer = new Promise<Buffer>((resolve, reject) => {
      call = client.makeUnaryRequest(PATH, same, same, message, (error, came) =>
        error ? reject(error) : resolve(came as Buffer),
      )
    })
    return { call: call!, answer }
  }
  const sizes = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? 7 : i % 50 === 1 ? 1_000_000 + i : 10 * i + 8))
  const calls = sizes.map((size, i) => ask(Buffer.alloc(size, i)))
  const taken = calls.filter((_, i) => sizes[i] === 7)
  const cancelled = taken.map(({ answer }) => answer.catch((error: grpc.ServiceError) => error.code))
  await waitFor('they run', () => server.openCalls === taken.length)
  for (const { call } of taken) call.cancel()
  expect(new Set(await Promise.all(cancelled))).toEqual(new Set([grpc.status.CANCELLED]))
  for (const [i, { answer }] of calls.entries())
    if (sizes[i] !== 7) expect((await answer).equals(Buffer.alloc(sizes[i]!, i))).toBe(true)
  await waitFor('all are over', () => server.openCalls === 0)
  expect(budget.taken).toBe(0)
  expect(refusals).toEqual([])
})
