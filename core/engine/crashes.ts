/**
 * Rejections and exceptions that a component lets fall outside of any call: they are told to the component they belong to
 * and stop nothing else. What belongs to no component is not ours to hide: it goes where it would go without us.
 */
import { blame } from './guard.ts'

let watchers = 0

type Event = 'unhandledRejection' | 'uncaughtException'

const fallen = (event: Event, handler: (error: unknown) => void, error: unknown): void => {
  if (blame(error) || process.listenerCount(event) > 1) return
  process.off(event, handler)
  throw error
}
const rejected = (error: unknown): void => fallen('unhandledRejection', rejected, error)
const thrown = (error: unknown): void => fallen('uncaughtException', thrown, error)

/** Begins to watch; the answer ends it. One pair of listeners serves all engines of the process. */
export const watchCrashes = (): (() => void) => {
  if (watchers++ === 0) {
    process.on('unhandledRejection', rejected)
    process.on('uncaughtException', thrown)
  }
  let over = false
  return () => {
    if (over) return
    over = true
    if (--watchers > 0) return
    process.off('unhandledRejection', rejected)
    process.off('uncaughtException', thrown)
  }
}
