/** Watches the shapes of all types. What a batch taught stands when the batch was taken (`commit`). */
import type { LogInit, LogRecord, Store } from 'seneca-collector'
import { event, eventId } from 'seneca-collector/events'
import { type Drift, type Limits, look, type Shape } from './shape.ts'

const PREFIX = 'shape/'
const ABOUT = 'insight.schema.drifted'

const restore = (storage: Store): Map<string, Shape> =>
  new Map(
    Array.from(storage.entries(PREFIX), ([key, bytes]) => [
      key.slice(PREFIX.length),
      JSON.parse(Buffer.from(bytes).toString()) as Shape,
    ]),
  )

const tell = (record: LogRecord, drift: Drift, source: string): LogInit => {
  const uid = record.attributes.get('log.record.uid')
  const id = typeof uid === 'string' ? uid : null
  const version = record.attributes.get('seneca.schema_version')
  const { change, path, oldType, newType } = drift
  return event({
    type: ABOUT,
    id: eventId(source, ABOUT, [record.eventName, path, change, id ?? String(record.time)]),
    source,
    time: record.time,
    derived: true,
    evidence: id === null ? [] : [id],
    data: {
      event_type: record.eventName,
      change,
      path,
      old_type: oldType,
      new_type: newType,
      offender: id,
      schema_version: typeof version === 'string' ? version : null,
    },
    traceId: record.traceId,
  })
}

export interface DriftWatch {
  /** Events about what has changed with this one. */
  look(record: LogRecord, data: object): readonly LogInit[]
  commit(): Promise<void>
  undo(): void
  readonly types: number
}

export const createDriftWatch = (
  storage: Store,
  source: string,
  limits: Limits & { readonly types_max: number },
): DriftWatch => {
  const shapes = restore(storage)
  const taught = new Map<string, Shape>()
  return {
    look(record, data) {
      const type = record.eventName
      const before = taught.get(type) ?? shapes.get(type)
      if (type === '' || type === ABOUT || (before === undefined && shapes.size + taught.size >= limits.types_max))
        return []
      const { shape, drifts } = look(before, data, limits)
      if (shape !== before) taught.set(type, shape)
      return drifts.map((drift) => tell(record, drift, source))
    },
    async commit() {
      if (taught.size === 0) return
      const entries = [...taught]
      taught.clear()
      for (const [type, shape] of entries) shapes.set(type, shape)
      await storage.commit(entries.map(([type, shape]) => [PREFIX + type, Buffer.from(JSON.stringify(shape))] as const))
    },
    undo: () => taught.clear(),
    get types() {
      return shapes.size
    },
  }
}
