import { describe, expect, it } from 'vitest'
import { logs } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import memoryLimiter from './index.ts'

const MIB = 1024 * 1024
const batch = logs([{ body: 'x'.repeat(100) }])

describe('memory_limiter', () => {
  for (const check of conformance(memoryLimiter, { folder: import.meta.dirname })) it(check.name, check.run)

  it('refuses for now from the limit less the spike on, says how long to wait, and lets pass again', async () => {
    let accounted = 0
    const options = { limit_mib: 100, spike_limit_mib: 20, check_interval: '2s' }
    const test = await harness(memoryLimiter, options, { accountedBytes: () => accounted })
    await test.start()
    accounted = 80 * MIB
    await test.consume(batch)
    accounted = 80 * MIB + 1
    await expect(test.consume(batch)).rejects.toMatchObject({
      code: 'memory_limit',
      retryable: true,
      retryAfterMs: 2_000,
      message: '80 MiB of batches are under way, more than the 80 MiB allowed',
    })
    accounted = 0
    await test.consume(batch)
    expect(test.batches).toHaveLength(2)
    expect(test.metrics.value('otelcol_processor_refused_log_records')).toBe(1)
    await test.stop()
  })

  it('keeps a fifth of the limit free unless told otherwise', async () => {
    let accounted = 79 * MIB
    const test = await harness(memoryLimiter, { limit_mib: 100 }, { accountedBytes: () => accounted })
    await test.consume(batch)
    accounted = 81 * MIB
    await expect(test.consume(batch)).rejects.toThrow('more than the 80 MiB allowed')
  })

  it('lets a batch pass that is larger than the limit when it is all there is', async () => {
    const large = logs([{ body: 'x'.repeat(2 * MIB) }])
    const test = await harness(memoryLimiter, { limit_mib: 1 }, { accountedBytes: () => large.bytes + 256 })
    await test.consume(large)
    expect(test.batches).toHaveLength(1)
  })

  it('wants a limit, and a spike below it', async () => {
    await expect(harness(memoryLimiter, {})).rejects.toThrow('give limit_mib or limit_percentage')
    await expect(harness(memoryLimiter, { limit_mib: 10, spike_limit_mib: 10 })).rejects.toThrow('below limit_mib')
  })
})
