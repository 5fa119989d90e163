import { logs } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import forward from './index.ts'

describe('forward', () => {
  for (const check of conformance(forward, { folder: import.meta.dirname })) it(check.name, check.run)

  it('hands batches on as they came', async () => {
    const h = await harness(forward, {}, { outputs: ['logs/a'] })
    const batch = logs([{ body: 1 }])
    await h.consume(batch)
    expect(h.batches[0]).toBe(batch)
  })
})
