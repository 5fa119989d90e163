/** Events carry their name as the attribute `event.name` too: several stores drop the field of its own. */
import { PartsBatch } from './batch.ts'
import { nameEvents } from './otlp/event-names.ts'
import { OtlpPart } from './otlp/part.ts'
import type { Part } from './part.ts'
import { path } from './path.ts'
import type { Batch } from './types.ts'

const attribute = path(['attributes', 'event.name'])

const edited = (batch: Batch<'logs'>): Batch<'logs'> =>
  batch.edit((draft) => {
    const { eventName } = draft.record
    if (eventName !== '' && draft.record.get(attribute) === undefined) draft.set(attribute, eventName)
  })

const partsOf = (part: Part<'logs'>): readonly Part<'logs'>[] => {
  if (part instanceof OtlpPart) return [nameEvents(part)]
  return (edited(new PartsBatch('logs', [part])) as PartsBatch<'logs'>).parts
}

/** The same batch when there is no event in it, or no logs. */
export const withEventNameAttribute = (batch: Batch): Batch => {
  if (batch.signal !== 'logs') return batch
  const { parts } = batch as PartsBatch<'logs'>
  const named = parts.flatMap(partsOf)
  const isSame = named.length === parts.length && named.every((part, i) => part === parts[i])
  return isSame ? batch : new PartsBatch('logs', named)
}
