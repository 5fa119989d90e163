/** What a server that took a request in part means: it is never sent again, and what was refused is counted. */
import type { Context } from '../kit/context.ts'
import type { Batch } from '../model/types.ts'
import type { PartialSuccess } from './answer.ts'

export const settlePartial = (ctx: Context<'exporter'>, batch: Batch, { rejected, message }: PartialSuccess): void => {
  // A batch cannot lose more than it has, whatever the server says.
  if (rejected > 0) ctx.dropped(Math.min(rejected, batch.count), 'rejected by the server')
  if (rejected > 0 || message !== '') ctx.log.warn('the server took the batch in part', { rejected, message })
}
