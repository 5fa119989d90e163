import { describe, expect, it } from 'vitest'
import { systemClock } from './system-clock.ts'

describe('the machine’s clock', () => {
  it('calls nobody before the time has come by its own measure', async () => {
    const late = await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        await systemClock.sleep(i / 3)
        const [ms, begin] = [1 + (i % 20), systemClock.monotonic()]
        await systemClock.sleep(ms)
        return systemClock.monotonic() - begin - ms
      }),
    )
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
  })

  it('does not call who has changed their mind', async () => {
    let called = false
    const cancel = systemClock.after(2, () => void (called = true))
    cancel()
    await systemClock.sleep(10)
    expect(called).toBe(false)
  })
})
