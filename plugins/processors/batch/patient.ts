/**
 * Where an ack means that a destination has the records: a call is answered when all pieces with its records have settled.
 * Since those who wait send nothing meanwhile, waiting out the timeout would be time lost: when nothing is on its way,
 * what has gathered goes at once, and what comes meanwhile gathers until that is settled, the size or the timeout is
 * reached.
 */
import type { Component, Context } from 'seneca-collector'
import { createGathered, duePieces, type Piece, type Sizes } from './gathered.ts'

interface Source {
  /** Pieces on their way. */
  pieces: number
  /** Records not yet in a piece. */
  left: number
  failure: unknown
  readonly settled: PromiseWithResolvers<void>
}

export const createPatient = (ctx: Context, sizes: Sizes): Component => {
  const gathered = createGathered<Source>()
  let onTheWay = 0
  let disarm: (() => void) | undefined

  const settle = (source: Source): void => {
    if (source.left > 0 || source.pieces > 0) return
    if (source.failure !== undefined) source.settled.reject(source.failure as Error)
    else source.settled.resolve()
  }
  const send = async ({ batch, parts }: Piece<Source>): Promise<void> => {
    const sources = new Set(parts.map(({ source }) => source))
    for (const { batch: part, source } of parts) source.left -= part.count
    for (const source of sources) source.pieces++
    ctx.held(-batch.count, -batch.bytes)
    onTheWay++
    try {
      await ctx.next(batch)
    } catch (error) {
      for (const source of sources) source.failure ??= error
    }
    onTheWay--
    for (const source of sources) {
      source.pieces--
      settle(source)
    }
    if (onTheWay === 0) flush(true)
  }
  const flush = (all: boolean): void => {
    for (const piece of duePieces(gathered, sizes, all)) void send(piece)
    if (gathered.count > 0) {
      disarm ??= ctx.clock.after(sizes.timeoutMs, () => {
        disarm = undefined
        flush(true)
      })
      return
    }
    disarm?.()
    disarm = undefined
  }
  return {
    async consume(batch) {
      const source: Source = {
        pieces: 0,
        left: batch.count,
        failure: undefined,
        settled: Promise.withResolvers(),
      }
      if (batch.count === 0) return
      ctx.held(batch.count, batch.bytes)
      gathered.add(batch, source)
      flush(false)
      // Others that arrive in this same turn go along.
      if (onTheWay === 0 && gathered.count > 0)
        queueMicrotask(() => {
          if (onTheWay === 0) flush(true)
        })
      await source.settled.promise
    },
    stop() {
      flush(true)
    },
    inspect: (topic) => (topic === '' ? { acks: ctx.acks, gathered: gathered.count } : undefined),
  }
}
