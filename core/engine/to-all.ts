/** One batch to several pipelines of its signal: resolved when all took it, rejected when one did not. */
import type { Receipt } from '../kit/context.ts'
import type { Signal } from '../model/types.ts'
import { nothing, type Send } from './core.ts'

const sum = (receipts: readonly Receipt[]): Receipt => {
  const refused = receipts.reduce((n, receipt) => n + receipt.refused, 0)
  if (refused === 0) return nothing
  const reason = receipts.find((receipt) => receipt.reason !== undefined)?.reason
  return { refused, ...(reason !== undefined && { reason }) }
}

export const toAll = (sends: readonly Send[]): Send => {
  const [only] = sends
  if (only && sends.length === 1) return only
  return async (batch, signal) => {
    const outcomes = await Promise.allSettled(sends.map((send) => send(batch, signal)))
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure) throw failure.reason
    return sum(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])))
  }
}

export interface Way {
  readonly signal: Signal
  readonly send: Send
}

/** Where batches of each signal go; undefined where no pipeline carries it. */
export const bySignal = (ways: readonly Way[]): ((signal: Signal) => Send | undefined) => {
  const sends = new Map<Signal, Send>()
  for (const { signal } of ways) {
    if (!sends.has(signal))
      sends.set(signal, toAll(ways.filter((way) => way.signal === signal).map(({ send }) => send)))
  }
  return (signal) => sends.get(signal)
}
