/**
 * What an exporter or connector says of the records it was given. Inside a call it changes what that call counts as
 * delivered; outside of one (a client that was too slow, a record held and now through) it corrects what was delivered.
 */
import { CollectorError } from '../kit/errors.ts'
import type { Batch } from '../model/types.ts'
import { callOf, noteReceipt, type Call } from './call.ts'
import type { Core } from './core.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Flow } from './flow.ts'
import { noNext, noOutput, sayOwn } from './flow.ts'
import type { Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'

/** Keeps refused records as dead letters; what cannot be kept is dropped by name. The batch is acked when that is settled. */
const keep = async (
  core: Core,
  instance: Instance,
  letters: DeadLetters,
  refused: {
    readonly batch: Batch
    readonly error: CollectorError
    readonly ledger: Ledger
    readonly call: Call | undefined
  },
): Promise<void> => {
  const { batch, error, ledger, call } = refused
  const n = batch.count
  let kept = false
  try {
    kept = await letters.keep(batch, { error, attempts: 1, pipeline: ledger.pipeline }, core.hard)
  } catch (thrown) {
    // The shutdown came first: inside a call the sender has the batch again, and counts it anew.
    ledger.deadLetter(-n)
    if (call) ledger.receive(-n)
    else ledger.drop(n, `${instance.key}: stopping`)
    throw thrown
  }
  if (kept) return
  ledger.deadLetter(-n)
  ledger.drop(n, `${instance.key}: dead_letters_full`)
  noteReceipt(call, { refused: n, reason: error.message })
}

export const createSinkFlow = (core: Core, instance: Instance, first: () => Ledger): Flow => {
  const account = (n: number, book: (ledger: Ledger) => void): Call | undefined => {
    const call = callOf(instance)
    const ledger = call?.ledger ?? first()
    book(ledger)
    if (call) call.accounted += n
    else ledger.deliver(-n)
    return call
  }
  const nowhere = (): never => {
    throw noNext(instance.key)
  }
  return {
    next: nowhere,
    emit: sayOwn(core),
    to: (pipeline) => {
      throw noOutput(instance.key, pipeline)
    },
    filtered: (n, rule) => void account(n, (ledger) => ledger.filter(n, rule)),
    dropped: (n, reason) => void account(n, (ledger) => ledger.drop(n, `${instance.key}: ${reason}`)),
    held: (n) => void account(n, (ledger) => ledger.hold(n)),
    created() {},
    refused(batch, error) {
      const n = batch.count
      instance.trouble('refuses records', CollectorError.from(error))
      const { letters } = instance
      if (!letters) {
        const call = account(n, (ledger) => ledger.drop(n, `${instance.key}: ${error.code}`))
        noteReceipt(call, { refused: n, reason: error.message })
        return
      }
      const call = account(n, (ledger) => ledger.deadLetter(n))
      const kept = keep(core, instance, letters, { batch, error, ledger: call?.ledger ?? first(), call })
      if (call) (call.keeping ??= []).push(kept)
      kept.catch(() => {})
    },
  }
}
