/**
 * `event.data` and `event.metadata`: the envelope's maps, spread over attributes. A key is resolved to its attribute when
 * the statement is compiled; the whole maps are put together and taken apart only where a statement names them whole.
 */
import { attributeForDataKey, dataKeyForAttribute, path, severityName, severityNumber } from '../../model/index.ts'
import type { LogRecord, Value, ValueMap } from '../../model/index.ts'
import type { Run } from '../expression.ts'
import { newMap, toStored } from '../values.ts'
import type { Evaluated } from '../values.ts'
import { keyName, readIn } from './keys.ts'
import type { CompiledKey } from './keys.ts'
import { keyPlace, mapToStore, put, removeAt } from './store.ts'
import type { Place } from './store.ts'

const METADATA = 'seneca.metadata.'
const SEVERITY = 'severity'
const severityPath = path(['severity_number'])
const severityAttribute = path(['attributes', `${METADATA}${SEVERITY}`])

/** A map of the envelope as seen through the names of attributes. */
interface Spread {
  readonly attributeFor: (key: string) => string
  readonly keyFor: (attribute: string) => string | undefined
}

const data: Spread = { attributeFor: attributeForDataKey, keyFor: dataKeyForAttribute }
const metadata: Spread = {
  attributeFor: (key) => METADATA + key,
  keyFor: (attribute) => (attribute.startsWith(METADATA) ? attribute.slice(METADATA.length) : undefined),
}

const gather = (run: Run, { keyFor }: Spread): Record<string, Value> => {
  const map = newMap()
  // Only logs have this context.
  for (const [name, value] of (run.record as LogRecord).attributes) {
    const key = keyFor(name)
    if (key !== undefined && !Object.hasOwn(map, key)) map[key] = value
  }
  return map
}

const replace = (run: Run, next: ValueMap, spread: Spread): void => {
  const before = gather(run, spread)
  for (const key of Object.keys(before))
    if (!Object.hasOwn(next, key)) removeAt(run, ['attributes', spread.attributeFor(key)])
  for (const [key, value] of Object.entries(next)) {
    if (before[key] !== value) put(run, ['attributes', spread.attributeFor(key)], value)
  }
}

export const dataPlace = (keys: readonly CompiledKey[]): Place => {
  if (keys.length > 0) return keyPlace(['attributes'], keys, data.attributeFor)
  return {
    read: (run) => gather(run, data),
    write: (run, value) => replace(run, mapToStore(value), data),
    remove: (run, key) => removeAt(run, ['attributes', attributeForDataKey(key)]),
    member: (key) => path(['attributes', attributeForDataKey(key)]),
  }
}

/** A severity with a name of the envelope is the record's severity number; any other value is kept as an attribute. */
const readSeverity = (run: Run): Value => {
  const odd = run.record.get(severityAttribute)
  if (odd !== undefined) return odd
  const { severity } = run.record as LogRecord
  return severity === 0 ? null : severityName(severity)
}

const writeSeverity = (run: Run, value: Evaluated): void => {
  const stored = toStored(value)
  const known = stored === null ? 0 : severityNumber(stored)
  if (known === undefined) return put(run, severityAttribute, stored)
  removeAt(run, severityAttribute)
  put(run, severityPath, known)
}

const wholeMetadata: Place = {
  read: (run) => {
    const map = gather(run, metadata)
    const severity = readSeverity(run)
    if (severity !== null) map[SEVERITY] = severity
    return map
  },
  write: (run, value) => {
    const { [SEVERITY]: severity = null, ...rest } = mapToStore(value)
    replace(run, Object.assign(newMap(), rest), metadata)
    writeSeverity(run, severity)
  },
  remove: (run, key) => (key === SEVERITY ? writeSeverity(run, null) : removeAt(run, ['attributes', METADATA + key])),
}

export const metadataPlace = (keys: readonly CompiledKey[]): Place => {
  const first = keys[0]
  if (first === undefined) return wholeMetadata
  const below = keyPlace(['attributes'], keys, metadata.attributeFor)
  if (first.constant !== undefined && first.constant !== SEVERITY) return below
  const isSeverity = (run: Run): boolean => keyName(first, run) === SEVERITY
  return {
    read: (run) => (isSeverity(run) ? readIn(readSeverity(run), keys, 1, run) : below.read(run)),
    write: (run, value) => (isSeverity(run) && keys.length === 1 ? writeSeverity(run, value) : below.write(run, value)),
  }
}
