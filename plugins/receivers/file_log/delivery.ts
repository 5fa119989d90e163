/**
 * Hands batches on: one per file at a time, in order, so that nothing behind a rejected one overtakes it; several files
 * side by side, bounded. A chunk is acknowledged when the pipeline has taken what was in it.
 */
import { type Batch, CollectorError, type Context, deliver, type LogBatch } from 'seneca-collector'
import type { Chunk } from 'seneca-collector/tail'

/** Batches on their way at once, over all files: with chunks of 1 MiB, 32 MiB. */
const DELIVERIES = 32

export interface Delivery {
  /** Resolves when the next chunk of this file may be read; the delivery goes on. */
  take(chunk: Chunk): Promise<void>
  /** Takes no more; what is on its way goes on. */
  close(): void
  /** Gives up what is on its way. */
  abort(reason: unknown): void
  settled(): Promise<void>
}

export const createDelivery = (
  ctx: Context<'receiver'>,
  batchOf: (chunk: Chunk) => LogBatch,
  onAck: () => void,
): Delivery => {
  const giveUp = new AbortController()
  /** Ends the wait before another attempt; what is on its way is not touched. */
  const rest = new AbortController()
  const patient = {
    next: (batch: Batch, signal?: AbortSignal) => ctx.next(batch, signal),
    log: ctx.log,
    random: ctx.random,
    clock: { ...ctx.clock, sleep: (ms: number) => ctx.clock.sleep(ms, rest.signal) },
  }
  const running = new Map<string, Promise<void>>()
  const waiting: (() => void)[] = []
  let open = 0
  let closed = false

  const send = async (chunk: Chunk): Promise<void> => {
    try {
      const batch = batchOf(chunk)
      if (batch.count > 0) await deliver(patient, batch, giveUp.signal)
      chunk.ack()
      onAck()
    } catch (error) {
      if (giveUp.signal.aborted || rest.signal.aborted) return
      // Not rejected but broken: going on would leave a hole behind the position.
      closed = true
      ctx.status.report('failed', CollectorError.from(error).message)
    } finally {
      open--
      waiting.shift()?.()
    }
  }

  return {
    async take(chunk) {
      await running.get(chunk.key)
      // oxlint-disable-next-line no-unmodified-loop-condition
      while (open >= DELIVERIES) await new Promise<void>((resolve) => void waiting.push(resolve))
      if (closed) return
      open++
      const sent = send(chunk).finally(() => {
        if (running.get(chunk.key) === sent) running.delete(chunk.key)
      })
      running.set(chunk.key, sent)
    },
    close() {
      closed = true
      rest.abort()
    },
    abort(reason) {
      giveUp.abort(reason)
    },
    async settled() {
      while (running.size > 0) await Promise.all(running.values())
    },
  }
}
