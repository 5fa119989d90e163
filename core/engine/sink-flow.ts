/**
 * What an exporter or connector says of the records it was given. Inside a call it changes what that call counts as
 * delivered; outside of one (a client that was too slow, a record held and now through) it corrects what was delivered.
 */
import { CollectorError } from '../kit/errors.ts'
import { callOf, noteReceipt, type Call } from './call.ts'
import type { Core } from './core.ts'
import type { Flow } from './flow.ts'
import { noNext, noOutput, sayOwn } from './flow.ts'
import type { Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'

export const createSinkFlow = (core: Core, instance: Instance, first: Ledger): Flow => {
  const account = (n: number, book: (ledger: Ledger) => void): Call | undefined => {
    const call = callOf(instance)
    const ledger = call?.ledger ?? first
    book(ledger)
    if (call) call.accounted += n
    else ledger.deliver(-n)
    return call
  }
  const nowhere = (): never => {
    throw noNext(instance.key)
  }
  return {
    acks: 'destination',
    next: nowhere,
    emit: sayOwn(core),
    to: (pipeline) => {
      throw noOutput(instance.key, pipeline)
    },
    outputs: [],
    filtered: (n, rule) => void account(n, (ledger) => ledger.filter(n, rule)),
    dropped: (n, reason) => void account(n, (ledger) => ledger.drop(n, `${instance.key}: ${reason}`)),
    held: (n) => void account(n, (ledger) => ledger.hold(n)),
    created() {},
    refused(batch, error) {
      const call = account(batch.count, (ledger) => ledger.drop(batch.count, `${instance.key}: ${error.code}`))
      instance.trouble('refuses records', CollectorError.from(error))
      noteReceipt(call, { refused: batch.count, reason: error.message })
    },
  }
}
