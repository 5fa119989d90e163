import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { difference } from './case/difference.ts'
import { runCase } from './case/run-case.ts'
import type { Answer, Case } from './case/run-case.ts'

/** Answers of the reference implementation, Go module pkg/ottl v1.4.0. */
const lines = <T>(file: string): readonly T[] =>
  readFileSync(join(import.meta.dirname, 'testdata', file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

const expected = new Map(lines<Answer>('expected.ndjson').map((answer) => [answer.id, answer]))

describe('the language gives the answers of the reference implementation', () => {
  it.each(lines<Case>('cases.ndjson').map((each) => [each.id, each] as const))('in case %s', (id, each) => {
    expect(difference(runCase(each), expected.get(id)!)).toBeUndefined()
    expect(difference(runCase(each, 'protobuf'), expected.get(id)!)).toBeUndefined()
  })
})
