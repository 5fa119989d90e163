/** Records that were given up get another chance: to the component that had them, as if they had just come. */
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Batch } from '../model/types.ts'
import type { Assembly } from './assembly.ts'
import type { Branch } from './branch.ts'
import { nothing } from './core.ts'
import type { Ledger } from './ledger.ts'

const handTo = async (branch: Branch, batch: Batch, ledger: Ledger, signal: AbortSignal): Promise<Receipt> => {
  if (branch.kind === 'direct') return branch.send(batch, ledger, signal)
  if (branch.kind === 'live') {
    branch.offer(batch, ledger)
    return nothing
  }
  while (!branch.reserve(batch)) await branch.room(signal)
  return branch.entrust(batch, ledger)
}

export const resubmit = async (
  { core, plant }: Assembly,
  component: string,
  pipeline: string,
  batch: Batch,
): Promise<Receipt> => {
  const exporter = plant.exporters.find(({ instance }) => instance.key === component)
  const station = plant.stations.find(
    ({ instance }) => instance.key === component && instance.pipelines.includes(pipeline),
  )
  const pipelines = exporter?.instance.pipelines ?? station?.instance.pipelines ?? []
  const id = pipelines.includes(pipeline) ? pipeline : pipelines[0]
  const ledger = plant.ledgers.find((one) => one.pipeline === id)
  const hand = exporter
    ? (to: Ledger) => handTo(exporter.branch, batch, to, core.hard)
    : station && ((to: Ledger) => station.hand(batch, to, core.hard))
  if (!ledger || !hand)
    throw new CollectorError(
      'not_found',
      `there is no ${component} to send to; name it in a pipeline again, or edit and export its letters`,
    )
  ledger.receive(batch.count)
  ledger.enter()
  try {
    return await hand(ledger)
  } catch (error) {
    ledger.receive(-batch.count)
    throw error
  } finally {
    ledger.leave()
  }
}
