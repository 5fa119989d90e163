/** One batch to several pipelines: resolved when all took it, rejected when one did not. */
import type { Receipt } from '../kit/context.ts'
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
