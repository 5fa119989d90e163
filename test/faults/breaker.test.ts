import { describe, expect, it } from 'vitest'
import { createBreaker, type BreakerState } from '../../core/engine/breaker.ts'
import { CollectorError } from '../../core/kit/index.ts'
import { fakeClock, seededRandom } from '../../core/kit/testing.ts'
import { events, feed, queueOf, rig, sink } from './rig.ts'

const options = { failures: 5, openForMs: 60_000 }

describe('a breaker', () => {
  it('opens after five failures in a row for a minute, lets a single attempt through, and closes when that succeeds', async () => {
    const clock = fakeClock()
    const states: BreakerState[] = []
    const breaker = createBreaker(options, clock, (state) => void states.push(state))
    const fail = (): void => {
      expect(breaker.mayGo()).toBe(true)
      breaker.failed()
    }
    for (let i = 0; i < 4; i++) fail()
    breaker.succeeded()
    for (let i = 0; i < 5; i++) fail()
    expect([breaker.state, breaker.mayGo(), breaker.waitMs]).toEqual(['open', false, 60_000])
    await clock.advance(59_999)
    expect(breaker.mayGo()).toBe(false)
    await clock.advance(1)
    expect([breaker.mayGo(), breaker.mayGo()]).toEqual([true, false])
    breaker.failed()
    expect(breaker.state).toBe('open')
    await clock.advance(60_000)
    expect(breaker.mayGo()).toBe(true)
    breaker.succeeded()
    expect([breaker.mayGo(), breaker.mayGo()]).toEqual([true, true])
    expect(states).toEqual(['open', 'half_open', 'open', 'half_open', 'closed'])
  })

  it('is half-open after its time although a timer fires a little before the clock says so', async () => {
    const clock = fakeClock()
    const early = { ...clock, after: (ms: number, fn: () => void) => clock.after(ms - 0.5, fn) }
    const breaker = createBreaker({ failures: 1, openForMs: 10 }, early, () => {})
    breaker.failed()
    await clock.advance(20)
    expect(breaker.state).toBe('half_open')
  })

  it('is open for its whole time once more when a late success has closed it meanwhile', async () => {
    const clock = fakeClock()
    const breaker = createBreaker({ failures: 1, openForMs: 100 }, clock, () => {})
    breaker.failed()
    await clock.advance(60)
    breaker.succeeded()
    breaker.failed()
    await clock.advance(60)
    expect(breaker.state).toBe('open')
    await clock.advance(40)
    expect(breaker.state).toBe('half_open')
  })

  it('gives the place of the single attempt on when it ended without an answer', async () => {
    const clock = fakeClock()
    const breaker = createBreaker({ failures: 1, openForMs: 10 }, clock, () => {})
    breaker.failed()
    let through = 0
    for (let i = 0; i < 3; i++) void breaker.wait(new AbortController().signal).then(() => through++)
    await clock.advance(10)
    expect(through).toBe(1)
    breaker.cancelled()
    await clock.settle()
    expect(through).toBe(2)
  })

  it('never has more than one attempt open while half-open, whatever happens', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed)
      const clock = fakeClock()
      const breaker = createBreaker({ failures: 2, openForMs: 50 }, clock, () => {})
      let [halfOpenSince, most] = [0, 0]
      const work = async (): Promise<void> => {
        if (!breaker.mayGo()) await breaker.wait(new AbortController().signal)
        if (breaker.state === 'half_open') most = Math.max(most, ++halfOpenSince)
        await clock.sleep(random() * 30)
        halfOpenSince = 0
        if (random() < 0.6) breaker.failed()
        else breaker.succeeded()
      }
      for (let i = 0; i < 20; i++) {
        void work()
        await clock.advance(random() * 30)
      }
      expect([seed, most <= 1]).toEqual([seed, true])
    }
  })
})

describe('an exporter with a breaker', () => {
  const behind = async (queued: boolean, retry = true) => {
    const source = feed()
    const out = sink('out', {
      engine: {
        breaker: options,
        retry: { enabled: retry, maxAttempts: 8, initialIntervalMs: 100, multiplier: 1 },
        sendingQueue: queued ? queueOf({ queueSize: 100 }) : undefined,
      },
    })
    const other = sink('other', { engine: { sendingQueue: queueOf() } })
    const made = await rig({
      components: [source.config, out.config, other.config],
      pipelines: [{ exporters: ['out', 'other'] }],
    })
    const at: number[] = []
    const begin = made.clock.now()
    out.before = () => {
      at.push(made.clock.now() - begin)
      throw new CollectorError('unavailable', 'down', { retryable: true })
    }
    return { ...made, source, out, other, at }
  }

  it('is left in peace while it is open; waiting is no attempt, and the others lose no time', async () => {
    const { source, out, other, at, clock, collector, balance } = await behind(true)
    await source.send(events(1))
    await source.send(events(1))
    await clock.advance(60_000)
    expect(at).toEqual([0, 100, 200, 300, 400])
    expect(other.ids).toHaveLength(2)
    expect(collector.stats().find(({ component }) => component === 'out')).toMatchObject({ breaker: 'open' })
    expect(collector.status().find(({ id }) => id === 'out')).toMatchObject({ state: 'degraded', breaker: 'open' })
    const state = (): number | undefined =>
      collector.metrics().find(({ name }) => name === 'seneca_exporter_breaker_state')?.points[0]?.value
    expect(state()).toBe(2)
    out.before = () => {}
    await clock.advance(1_000)
    expect([out.ids.length, state()]).toEqual([2, 0])
    expect(balance()).toMatchObject({ delivered: 4, balanced: true })
  })

  it('tells a sender that comes back by itself when that is worth while', async () => {
    const { source, clock } = await behind(false, false)
    for (let i = 0; i < 5; i++) await expect(source.send(events(1))).rejects.toThrow('down')
    await clock.advance(20_000)
    await expect(source.send(events(1))).rejects.toMatchObject({
      message: 'the breaker of exporter/out is open',
      retryable: true,
      retryAfterMs: 40_000,
    })
  })
})
