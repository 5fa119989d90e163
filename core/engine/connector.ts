/**
 * A connector: the end of one pipeline and the beginning of others. For the pipeline it ends it is a branch without a
 * queue: what it took is delivered when its call resolves, what it filtered (no route) is filtered there.
 */
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Batch } from '../model/types.ts'
import type { DirectBranch } from './branch.ts'
import { callOf, createCall, markHandedBack, noteReceipt, receiptOf, wasHandedBack } from './call.ts'
import { consume as callConsume } from './consume.ts'
import { nothing, show, type Core, type Send } from './core.ts'
import { countIn, countOut } from './counts.ts'
import { refusedOf } from './dead-letters.ts'
import { noOutput, noWay, type Flow } from './flow.ts'
import { createDirect } from './direct.ts'
import { cancelled } from './gate.ts'
import { countsOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { createSinkFlow } from './sink-flow.ts'
import { bySignal, type Way } from './to-all.ts'

export type Outputs = ReadonlyMap<string, Way>

export interface ConnectorFlow {
  readonly flow: Flow
  /** Where it leads from now on. */
  readonly link: (outputs: Outputs) => void
}

/** How a connector's records move: to one of the pipelines that name it as a receiver, or to all of their signal. */
export const connectorFlow = (core: Core, instance: Instance, first: () => Ledger, atFirst: Outputs): ConnectorFlow => {
  let outputs = atFirst
  let way = bySignal([...outputs.values()])
  const forward = async (send: Send, batch: Batch, signal: AbortSignal | undefined): Promise<Receipt> => {
    if (batch.count === 0) return nothing
    const call = callOf(instance)
    const start = performance.now()
    try {
      const receipt = await send(batch, signal ?? core.hard)
      countOut(countsOf(instance, (call?.ledger ?? first()).pipeline), batch)
      noteReceipt(call, receipt)
      return receipt
    } catch (error) {
      markHandedBack(error)
      throw error
    } finally {
      if (call) call.below += performance.now() - start
    }
  }
  const all = async (batch: Batch, signal: AbortSignal | undefined): Promise<Receipt> => {
    if (batch.count === 0) return nothing
    const send = way(batch.signal)
    if (!send) throw noWay(instance.key, batch.signal)
    return forward(send, batch, signal)
  }
  const flow: Flow = {
    ...createSinkFlow(core, instance, first),
    next: all,
    emit: (batch) => all(batch, core.hard),
    to(pipeline) {
      const output = outputs.get(pipeline)
      if (!output) throw noOutput(instance.key, pipeline)
      return async (batch, signal) => {
        if (batch.signal !== output.signal) throw noWay(instance.key, batch.signal)
        return forward(output.send, batch, signal)
      }
    },
  }
  return {
    flow,
    link(to) {
      outputs = to
      way = bySignal([...outputs.values()])
    },
  }
}

export const createConnector = (core: Core, instance: Instance): DirectBranch => {
  const { key } = instance

  const consume = async (batch: Batch, ledger: Ledger, signal: AbortSignal): Promise<Receipt> => {
    const call = createCall(instance, ledger)
    const counts = countsOf(instance, ledger.pipeline)
    const start = performance.now()
    const n = batch.count
    const { letters } = instance
    countIn(counts, batch)
    if (core.taps.size > 0) show(core, key, batch)
    try {
      await callConsume(core, instance, call, batch, signal)
      if (call.keeping) await Promise.all(call.keeping)
      ledger.deliver(n - call.accounted)
      instance.recovered()
    } catch (thrown) {
      const error = CollectorError.from(thrown)
      const gaveUp = signal.aborted || core.hard.aborted
      if (gaveUp || wasHandedBack(thrown) || error.retryable) {
        ledger.receive(call.accounted)
        throw gaveUp && !(thrown instanceof CollectorError) ? cancelled(signal.aborted ? signal : core.hard) : error
      }
      const left = Math.max(0, n - call.accounted)
      const refused = refusedOf(batch, error)
      const lost = Math.min(refused.count, left)
      counts.errors++
      instance.trouble('failed on a batch', error)
      const why = { error, attempts: 1, pipeline: ledger.pipeline }
      const kept = await letters?.keep(refused, why, core.hard).catch((late: unknown) => {
        ledger.receive(call.accounted)
        throw late
      })
      if (kept) ledger.deadLetter(lost)
      else ledger.drop(lost, `${key}: ${letters ? 'dead_letters_full' : error.code}`)
      ledger.deliver(n - call.accounted - lost)
      if (!kept) noteReceipt(call, { refused: lost, reason: error.message })
    } finally {
      call.outcome ??= 'acked'
      counts.ms += performance.now() - start - call.below
    }
    return receiptOf(call)
  }
  return createDirect(core, instance, { send: consume })
}
