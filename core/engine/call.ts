/**
 * One call of a component's `consume`, and which call the code that runs now belongs to. What a call filters, drops or
 * refuses is attributed to it; what is not inside a call (timers) is the component's own.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Receipt } from '../kit/context.ts'
import { nothing } from './core.ts'
import type { Ledger } from './ledger.ts'

export interface Call {
  /** Key of the component's instance. */
  readonly owner: object
  readonly ledger: Ledger
  /** Records of the batch that the component itself accounted for (filtered, dropped, held …). */
  accounted: number
  /** Records refused for good here or further down, for the receipt. */
  refused: number
  reason: string | undefined
  /** Time spent further down, in ms. */
  below: number
  /** Dead letters that are being written; the batch is acked when they are. */
  keeping: Promise<void>[] | undefined
  /**
   * Undefined while `consume` runs. Afterwards what still runs is the component's own work when the batch was acked, and
   * concerns nobody when the batch went back or was refused for good.
   */
  outcome: 'acked' | 'handed_back' | 'refused' | undefined
}

const calls = new AsyncLocalStorage<Call>()

export const createCall = (owner: object, ledger: Ledger): Call => ({
  owner,
  ledger,
  accounted: 0,
  refused: 0,
  reason: undefined,
  below: 0,
  keeping: undefined,
  outcome: undefined,
})

export const inCall = <T>(call: Call, fn: () => T): T => calls.run(call, fn)

/** The open call of that component, if the code that runs now is part of one. */
export const callOf = (owner: object): Call | undefined => {
  const call = calls.getStore()
  return call?.owner === owner && call.outcome === undefined ? call : undefined
}

/** What the sender of the call's batch is told. */
export const receiptOf = ({ refused, reason }: Call): Receipt =>
  refused === 0 ? nothing : { refused, ...(reason !== undefined && { reason }) }

export const noteReceipt = (call: Call | undefined, receipt: Receipt): void => {
  if (!call || receipt.refused === 0) return
  call.refused += receipt.refused
  call.reason ??= receipt.reason
}

/** Errors that came back from what follows: a component that lets one pass did not fail itself. */
const handedBack = new WeakSet<object>()

export const markHandedBack = (error: unknown): void => {
  if (typeof error === 'object' && error !== null) handedBack.add(error)
}

/** How deep `cause` is followed. */
const CAUSES_MAX = 8

export const wasHandedBack = (error: unknown): boolean => {
  let at = error
  for (let depth = 0; depth < CAUSES_MAX && typeof at === 'object' && at !== null; depth++) {
    if (handedBack.has(at)) return true
    at = (at as { readonly cause?: unknown }).cause
  }
  return false
}
