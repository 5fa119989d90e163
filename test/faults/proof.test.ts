import { describe, expect, it } from 'vitest'
import { createOracle } from '../../core/prove/oracle.ts'
import { prove } from '../../core/prove/prove.ts'
import { inMemory } from '../../core/prove/victim.ts'

describe('the oracle of obligations', () => {
  it('finds what was acknowledged and is nowhere, and what nobody sent', () => {
    const oracle = createOracle()
    for (const id of ['a', 'b', 'c', 'd']) oracle.sent(id)
    for (const id of ['a', 'b', 'c']) oracle.acked(id)
    oracle.delivered('a')
    oracle.delivered('a')
    oracle.deadLettered('b')
    expect(oracle.owed).toBe(1)
    oracle.delivered('d')
    expect(oracle.judge()).toMatchObject({ lost: ['c'], invented: [], duplicates: 1, kept: false })
    oracle.delivered('c')
    expect(oracle.judge()).toMatchObject({ lost: [], kept: true })
    oracle.delivered('x')
    expect(oracle.judge()).toMatchObject({ invented: ['x'], kept: false })
  })
})

/** Real processes are started again and again, on machines that may be busy. */
const PATIENCE = { timeout: 180_000 }

describe('a collector with its queue on disk', PATIENCE, () => {
  it('keeps every ack through kills, torn files, freezes, restarts, reloads and a destination that is down or ill', async () => {
    const proof = await prove({ seed: 20_261_126, faults: 12, rate: 1_000 })
    expect({ ...proof, lost: proof.lost.length, invented: proof.invented.length }).toMatchObject({
      lost: 0,
      invented: 0,
      kept: true,
    })
    expect(proof.acked).toBeGreaterThan(100)
    expect(proof.starts).toBeGreaterThan(1)
  })
})

describe('a collector with its queue in memory', PATIENCE, () => {
  it('does not survive a kill, and the proof finds that out', async () => {
    const proof = await prove({
      // Of its kills three come while the destination is busy or silent, so that acknowledged records wait.
      seed: 188,
      faults: 10,
      rate: 2_000,
      program: inMemory,
      only: ['destination ill', 'kill'],
    })
    expect(proof.kept).toBe(false)
    expect(proof.lost.length).toBeGreaterThan(0)
  })
})
