/**
 * Broken input of every kind, by seed: nothing crashes, hangs or grows, each refusal is counted, and what is sound still
 * passes afterwards. A failing seed is printed and repeats with SENECA_FUZZ_SEED; SENECA_FUZZ_ROUNDS asks for a longer look,
 * `npm run soak:fuzz` for a long one.
 */
import { describe, expect, it } from 'vitest'
import { findProgram, missing } from '../setup/programs.ts'
import { fuzzers } from './all.ts'
import { runFuzzer } from './watch.ts'

/** A slow machine sees fewer rounds. */
const SECONDS = 10
const seed = process.env['SENECA_FUZZ_SEED']
const wanted = process.env['SENECA_FUZZ_ROUNDS']

describe('broken input', () => {
  it.for(fuzzers)('$name: $promise', async (fuzzer, test) => {
    const absent = fuzzer.needs?.find((program) => findProgram(program) === undefined)
    test.skip(absent !== undefined, missing(absent ?? ''))
    const rounds = seed !== undefined ? 1 : Number(wanted ?? fuzzer.rounds)
    const seconds = wanted === undefined ? SECONDS : 100
    const seen = await runFuzzer(fuzzer, { seed: Number(seed ?? 1), rounds, seconds })
    expect(seen.failure).toBeUndefined()
    expect(seen.rounds).toBeGreaterThan(0)
  })
})
