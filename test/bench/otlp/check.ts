/** Decodes what a sink got with protobufjs and compares each record, field by field, with what had to come. */
import { isDeepStrictEqual } from 'node:util'
import { requestType } from '../../../core/model/testing/otlp-proto.ts'
import { FIRST_STEP, pool, RESOURCE, SCOPE, STEP_NANOS, type PoolRecord } from './pool.ts'

interface Pair {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number }
}

interface Decoded {
  readonly resourceLogs: readonly {
    readonly resource?: { readonly attributes?: readonly Pair[] }
    readonly scopeLogs: readonly {
      readonly scope?: { readonly name?: string }
      readonly logRecords: readonly (Omit<PoolRecord, 'id' | 'body' | 'attributes'> & {
        readonly timeUnixNano: number
        readonly observedTimeUnixNano: number
        readonly body: { readonly stringValue?: string }
        readonly attributes?: readonly Pair[]
      })[]
    }[]
  }[]
}

const plain = (pairs: readonly Pair[] = []): object =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value.stringValue ?? value.intValue]))

/** The first difference as a sentence; undefined when all are as they had to be. */
export const check = (
  bodies: readonly Buffer[],
  change: (record: PoolRecord) => PoolRecord | undefined,
): string | undefined => {
  for (const body of bodies) {
    const request = requestType.toObject(requestType.decode(body), { longs: Number }) as Decoded
    for (const { resource, scopeLogs } of request.resourceLogs) {
      for (const { scope, logRecords } of scopeLogs) {
        for (const { timeUnixNano, observedTimeUnixNano, attributes, body: content, ...rest } of logRecords) {
          const id = timeUnixNano / STEP_NANOS - FIRST_STEP
          const record = pool[id]
          const actual = {
            resource: plain(resource?.attributes),
            scope: scope?.name,
            observed: observedTimeUnixNano / STEP_NANOS - FIRST_STEP - id,
            record: { ...rest, id, body: content.stringValue, attributes: plain(attributes) },
          }
          const expected = { resource: RESOURCE, scope: SCOPE, observed: 1, record: record && change(record) }
          if (!isDeepStrictEqual(actual, expected)) return `record ${id} came as ${JSON.stringify(actual)}`
        }
      }
    }
  }
  return undefined
}
