/** Sends one load and settles the items that had a part in it, or leaves them unsettled when the collector ended first. */
import type { Receipt } from '../kit/context.ts'
import type { Backlog, Item } from './backlog.ts'
import { note, type Load, type Share } from './gathering.ts'
import { replaced } from './pauses.ts'
import type { Sender } from './sender.ts'

/** What was taken and not settled yet. */
export interface Taken {
  readonly backlog: Backlog
  readonly unsettled: Set<Item>
}

/** Is given what came back from an exporter that is being replaced: the next one gets it. */
export type Back = (load: Load) => void

const settle = ({ backlog, unsettled }: Taken, share: Share): void => {
  if (--share.open > 0 || share.unsettled) return
  const { item, refused, reason, failure } = share
  unsettled.delete(item)
  backlog.forget(item)
  if (failure) {
    // Whoever sent it takes all of it back, also what arrived: that will come again, and was received all the same.
    item.ledger.receive(item.batch.count)
    item.result?.reject(failure)
  } else item.result?.resolve({ refused, ...(reason !== undefined && { reason }) })
}

/** As it was before it was sent. */
const comeBack = (back: Back, load: Load): void => {
  load.ledger.queue(load.batch.count)
  back(load)
}

/** Only the end of the collector ended it: who waits for the result has the batch again, the rest is left over. */
const giveUp = (taken: Taken, { batch, ledger, shares }: Load, error: unknown): void => {
  const waitedFor = shares.every(({ item }) => item.result !== undefined)
  if (waitedFor) ledger.receive(-batch.count)
  else ledger.queue(batch.count)
  for (const share of shares) {
    // However the other parts of it end, the sender is told that this one did not arrive.
    if (waitedFor) share.failure ??= error as Error
    else share.unsettled = true
    settle(taken, share)
  }
}

export interface Dispatch {
  /** Never rejects. */
  send(load: Load, back: Back): Promise<void>
  /** It was never sent, and will not be. */
  abandon(load: Load, error: unknown): void
}

export const createDispatch = (sender: Sender, taken: Taken, halted: AbortSignal): Dispatch => {
  /** Each by itself, in order, as the whole was refused for good. */
  const sendApart = async ({ ledger, shares, joined }: Load, back: Back): Promise<void> => {
    for (const share of shares) {
      const { batch } = share.item
      try {
        halted.throwIfAborted()
        note(share, await sender.sendApart(batch, ledger, halted))
        settle(taken, share)
      } catch (error) {
        const rest = { batch, ledger, shares: [share], joined }
        if (error === replaced) comeBack(back, { ...rest, joined: false })
        else giveUp(taken, rest, error)
      }
    }
  }
  const send = async (load: Load, back: Back): Promise<void> => {
    const { batch, ledger, shares, joined } = load
    ledger.queue(-batch.count)
    ledger.enter()
    let receipt: Receipt | undefined
    try {
      receipt = joined ? await sender.sendJoined(batch, ledger, halted) : await sender.send(batch, ledger, halted)
      if (!receipt) {
        await sendApart(load, back)
        return
      }
    } catch (error) {
      if (error === replaced) comeBack(back, load)
      else giveUp(taken, load, error)
      return
    } finally {
      ledger.leave()
    }
    for (const share of shares) {
      note(share, receipt)
      settle(taken, share)
    }
  }
  return {
    send,
    abandon(load, error) {
      load.ledger.queue(-load.batch.count)
      giveUp(taken, load, error)
    },
  }
}
