/**
 * Which Marcus is followed: the one that was started last. It may be started anew in its place, with another endpoint or
 * none, or another may be started somewhere else; one that ends is waited for.
 */
import { isSamePlace, type Places } from './discovery.ts'
import type { Endpoint } from './endpoint.ts'

export interface Lookout {
  readonly places: Places | undefined
  /** This one is followed from now on. */
  settle(places: Places): void
  /** Looks again: connects to the endpoint that is there now, or calls for a move. */
  around(): void
}

export interface LookoutOptions {
  readonly look: () => Places | undefined
  readonly endpoint: Pick<Endpoint, 'connect' | 'leave'>
  readonly move: (to: Places) => void
}

export const createLookout = ({ look, endpoint, move }: LookoutOptions): Lookout => {
  let places: Places | undefined
  /** When the Marcus that is followed was started last. */
  let startedAt = 0

  const settle = (found: Places): void => {
    places = found
    startedAt = Math.max(startedAt, found.running?.startedAt ?? 0)
  }

  return {
    get places() {
      return places
    },
    settle,
    around: () => {
      const found = look()
      if (found === undefined || places === undefined) return
      if (isSamePlace(found, places)) {
        settle(found)
        if (found.endpoint === undefined && found.running !== undefined) endpoint.leave()
        else endpoint.connect(found)
      } else if (found.running !== undefined && found.running.startedAt > startedAt) move(found)
    },
  }
}
