/** Events carry their name as the attribute `event.name` too: several stores drop the field of its own. */
import { path } from '../model/index.ts'
import type { Batch } from '../model/types.ts'

const attribute = path(['attributes', 'event.name'])

/** The same batch when there is no event in it, or no logs. */
export const withEventNameAttribute = (batch: Batch): Batch => {
  if (batch.signal !== 'logs') return batch
  return (batch as Batch<'logs'>).edit((draft) => {
    const { eventName } = draft.record
    if (eventName !== '' && draft.record.get(attribute) === undefined) draft.set(attribute, eventName)
  })
}
