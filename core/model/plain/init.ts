/** Plain records out of what plugins give to `logs`. */
import { Field } from '../path.ts'
import type { LogInit, LogsOptions } from '../types.ts'
import { asValue } from '../value.ts'
import { setScalar } from './fields.ts'
import { emptyGroup, emptyLog, entriesOf } from './record.ts'
import type { Group, PlainLog } from './record.ts'

export const groupOf = (options: LogsOptions | undefined): Group => {
  const { resource, scope } = options ?? {}
  if (!resource && !scope) return emptyGroup
  return {
    attributes: entriesOf(resource?.attributes),
    dropped: 0,
    schemaUrl: resource?.schemaUrl ?? '',
    scopeName: scope?.name ?? '',
    scopeVersion: scope?.version ?? '',
    scopeAttributes: entriesOf(scope?.attributes),
    scopeDropped: 0,
    scopeSchemaUrl: scope?.schemaUrl ?? '',
  }
}

const fieldOfInit = {
  time: Field.time,
  observedTime: Field.observedTime,
  severity: Field.severity,
  severityText: Field.severityText,
  eventName: Field.eventName,
  traceId: Field.traceId,
  spanId: Field.spanId,
  flags: Field.flags,
} as const

export const plainFromInit = (init: LogInit, group: Group): PlainLog => {
  const log = emptyLog()
  for (const [name, field] of Object.entries(fieldOfInit)) {
    const value = init[name as keyof typeof fieldOfInit]
    if (value !== undefined) setScalar(log, field, value)
  }
  if (init.body !== undefined) log.body = asValue(init.body)
  log.attributes = entriesOf(init.attributes)
  log.group = group
  log.origin = init.origin
  return log
}
