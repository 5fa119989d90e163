/**
 * A fast clock that waits for its process: `scaledClock`, but a moment in which the process did not get on (the machine was
 * busy elsewhere) counts as a blink. On a day that goes by at twenty times its speed a core that is away for half a second
 * would else be ten seconds in which nobody looked, and the day would be judged by who else used the machine.
 * Only for what runs in one process: the time of others goes on.
 */
import { systemClock, type Clock } from '../../core/kit/index.ts'
import { sleepOn } from '../../core/kit/system-clock.ts'

/** The clock is read at least so often while its process gets on. */
const BEAT_MS = 1
/** What a longer silence between two readings counts as. */
const BLINK_MS = 4

export interface PatientClock extends Clock {
  /** Ends its beat. */
  close(): void
}

export const patientClock = ({ start, speed }: { readonly start: number; readonly speed: number }): PatientClock => {
  let [read, counted] = [systemClock.monotonic(), 0]
  const elapsed = (): number => {
    const now = systemClock.monotonic()
    counted += Math.min(now - read, BLINK_MS)
    read = now
    return counted * speed
  }
  const close = systemClock.every(BEAT_MS, elapsed)

  const after = (ms: number, fn: () => void): (() => void) => {
    const due = elapsed() + Math.max(0, ms)
    let cancel: () => void
    const arm = (): void => {
      cancel = systemClock.after((due - elapsed()) / speed, () => (elapsed() < due ? arm() : fn()))
    }
    arm()
    return () => cancel()
  }
  const every = (ms: number, fn: () => void): (() => void) => {
    let cancel = after(ms, function again() {
      cancel = after(ms, again)
      fn()
    })
    return () => cancel()
  }

  return {
    now: () => Math.floor(start + elapsed()),
    nanos: () => BigInt(Math.floor((start + elapsed()) * 1_000)) * 1_000n,
    monotonic: elapsed,
    after,
    every,
    sleep: (ms, signal) => sleepOn({ after }, ms, signal),
    close,
  }
}
