/** Verdicts carried out: what is refused goes to the dead letters, what is newer is flagged, the rest stays as it is. */
import { type Batch, CollectorError, type Context, path } from 'seneca-collector'
import type { Verdict } from './judge.ts'

const newerFlag = path(['attributes', 'seneca.metadata.schema_newer'])

/** One refusal a reason, so that each dead letter tells its own. */
const refuse = (
  ctx: Pick<Context, 'refused'>,
  batch: Batch<'logs'>,
  reasons: readonly (readonly [index: number, reason: string])[],
): void => {
  for (const [reason, members] of Map.groupBy(reasons, ([, each]) => each)) {
    const indexes = new Set(members.map(([index]) => index))
    ctx.refused(
      batch.filter((_, i) => indexes.has(i)),
      new CollectorError('invalid_data', reason),
    )
  }
}

/** What may go on; the same batch when all of it is as it should be. */
export const settle = (
  ctx: Pick<Context, 'refused'>,
  batch: Batch<'logs'>,
  verdicts: readonly Verdict[],
): Batch<'logs'> => {
  const reasons = verdicts.flatMap((one, i) => (one.is === 'refused' ? [[i, one.reason] as const] : []))
  if (reasons.length === 0 && !verdicts.some(({ is }) => is === 'newer')) return batch
  refuse(ctx, batch, reasons)
  return batch.edit((draft, i) => {
    const verdict = verdicts[i]
    if (verdict?.is === 'refused') draft.drop()
    else if (verdict?.is === 'newer') draft.set(newerFlag, true)
  })
}
