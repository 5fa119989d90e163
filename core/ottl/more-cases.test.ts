/**
 * Some thousand further statements with the answers of the reference implementation (Go module pkg/ottl v1.4.0, standard
 * functions; log context in more-cases, the other contexts in context-cases, what a seeded generator of odd input made in
 * hostile-cases): `fails` is the phase, `out` the value of attribute `out`, `result` of a condition, `digest` the first
 * 16 digits of the SHA-256 of the whole normalised record. `record` is an index into the records beside it.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { canonical } from './case/normalize.ts'
import { runCase } from './case/run-case.ts'
import type { Answer, Case } from './case/run-case.ts'

interface FurtherCase extends Case {
  readonly fails?: 'parse' | 'exec'
  readonly out?: unknown
  readonly result?: boolean
  readonly digest?: string
}

const read = (file: string): string => readFileSync(join(import.meta.dirname, 'testdata', file), 'utf8')
const linesOf = (file: string): readonly unknown[] =>
  read(file)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const casesIn = (name: string, records: readonly unknown[]): readonly FurtherCase[] =>
  (linesOf(`${name}-cases.ndjson`) as readonly (FurtherCase & { readonly record: number })[]).map((each) => ({
    ...each,
    record: records[each.record],
  }))
const listIn = (file: string): readonly unknown[] => JSON.parse(read(file)) as readonly unknown[]
const cases = [
  ...casesIn('more', listIn('more-records.json')),
  ...casesIn('context', listIn('context-records.json')),
  ...casesIn('hostile', linesOf('hostile-records.ndjson')),
]

interface Attributes {
  readonly attributes?: readonly { readonly key: string; readonly value: unknown }[]
}
const outOf = (record: unknown): unknown => {
  const { resourceLogs } = record as { resourceLogs: { scopeLogs: { logRecords: Attributes[] }[] }[] }
  return resourceLogs[0]?.scopeLogs[0]?.logRecords[0]?.attributes?.find(({ key }) => key === 'out')?.value ?? null
}

const told = (answer: Answer, { out, digest }: FurtherCase): unknown => {
  if (!answer.ok) return { fails: answer.phase }
  if (answer.result !== undefined) return { result: answer.result }
  if (digest === undefined) return out === undefined ? answer.record : { out: outOf(answer.record) }
  return { digest: createHash('sha256').update(canonical(answer.record)).digest('hex').slice(0, 16) }
}

const expected = ({ fails, out, result, digest }: FurtherCase): unknown =>
  fails === undefined ? (result === undefined ? (digest === undefined ? { out } : { digest }) : { result }) : { fails }

const areas = Map.groupBy(cases, ({ id }) => id.replace(/-\d+$/, ''))

describe('the language gives the answers of the reference implementation', () => {
  it.each([...areas])('in the area %s', (_, each) => {
    for (const one of each) {
      for (const layout of ['json', 'protobuf'] as const) {
        const answer = runCase(one, layout)
        expect(told(answer, one), JSON.stringify({ ...one, layout, record: undefined })).toEqual(expected(one))
      }
    }
  })
})
