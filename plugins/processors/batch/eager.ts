/**
 * Where an ack means a memory queue: a call is answered as soon as its records are held, which is the same promise with
 * the same accounting. What it holds is then its own debt: pieces leave one after the other, a rejected one is sent again
 * until it is taken, and as long as it is not, newcomers wait or are rejected just as the queue behind would do.
 */
import { CollectorError, type Batch, type Component, type Context } from 'seneca-collector'
import { createGathered, duePieces, type Piece, type Sizes } from './gathered.ts'

const RETRY_FIRST_MS = 100
const RETRY_MOST_MS = 5_000
/** Pieces that may wait to leave before newcomers wait too. */
const PIECES_MAX = 4

/** Until somebody wakes those who wait, or the sender gives up. */
const woken = (waiting: (() => void)[], signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const gaveUp = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', gaveUp, { once: true })
    waiting.push(() => {
      signal.removeEventListener('abort', gaveUp)
      resolve()
    })
  })

/** Those who wait come in one after the other, in the order they came. */
const createDoor = (isFull: () => boolean) => {
  const waiting: (() => void)[] = []
  let last: Promise<void> = Promise.resolve()
  let before = 0
  return {
    get isBusy() {
      return before > 0
    },
    /** There may be room. */
    look(): void {
      for (const go of waiting.splice(0)) go()
    },
    async pass(signal: AbortSignal): Promise<void> {
      before++
      const turn = last.then(async () => {
        while (isFull()) {
          signal.throwIfAborted()
          await woken(waiting, signal)
        }
      })
      last = turn.catch(() => {})
      try {
        await turn
      } catch (error) {
        before--
        throw error
      }
    },
    /** Who has passed says so when it is in: till then nobody may be faster. */
    passed: () => void before--,
  }
}

export const createEager = (ctx: Context, sizes: Sizes): Component => {
  const gathered = createGathered<undefined>()
  const leaving: Piece<undefined>[] = []
  let rejected: CollectorError | undefined
  let sending: Promise<void> | undefined
  let disarm: (() => void) | undefined
  let stopping: AbortSignal | undefined
  const isFull = (): boolean => leaving.length >= PIECES_MAX
  const door = createDoor(isFull)

  const lose = (batch: Batch, error: CollectorError): void => {
    ctx.held(-batch.count, -batch.bytes)
    ctx.dropped(batch.count, `not taken before the shutdown: ${error.code}`)
  }
  /** One piece, until it is taken, or the shutdown's deadline has passed. */
  const sendOne = async ({ batch }: Piece<undefined>): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      ctx.held(-batch.count, -batch.bytes)
      try {
        await ctx.next(batch)
        rejected = undefined
        return
      } catch (thrown) {
        ctx.held(batch.count, batch.bytes)
        rejected = CollectorError.from(thrown)
        if (ctx.signal.aborted || stopping?.aborted) return lose(batch, rejected)
        const ceiling = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** Math.min(attempt, 10))
        await ctx.clock.sleep(ctx.random() * ceiling, stopping ?? ctx.signal).catch(() => {})
      }
    }
  }
  const sendAll = async (): Promise<void> => {
    for (let piece = leaving.shift(); piece; piece = leaving.shift()) {
      await sendOne(piece)
      door.look()
    }
    sending = undefined
  }
  const flush = (all: boolean): void => {
    leaving.push(...duePieces(gathered, sizes, all))
    if (leaving.length > 0) sending ??= sendAll()
    if (gathered.count === 0) {
      disarm?.()
      disarm = undefined
      return
    }
    disarm ??= ctx.clock.after(sizes.timeoutMs, () => {
      disarm = undefined
      flush(true)
    })
  }
  return {
    async consume(batch, signal) {
      if (batch.count === 0) return
      if (rejected?.retryable) throw rejected
      const waits = door.isBusy || isFull()
      if (waits) await door.pass(signal)
      ctx.held(batch.count, batch.bytes)
      gathered.add(batch, undefined)
      if (waits) door.passed()
      // Who comes in after the stop was on the way before it.
      flush(stopping !== undefined)
    },
    async stop(signal) {
      stopping = signal
      flush(true)
      await sending
    },
    inspect: (topic) =>
      topic === '' ? { acks: ctx.acks, gathered: gathered.count, leaving: leaving.length } : undefined,
  }
}
