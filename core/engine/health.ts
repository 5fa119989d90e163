/**
 * The state of one component: what the component says of itself, and what the engine sees of it. The worse of the two is
 * shown; the engine takes back only what it said.
 */
import type { Clock } from '../kit/clock.ts'
import type { StatusState } from '../kit/context.ts'

const RANK: readonly StatusState[] = ['ok', 'starting', 'degraded', 'failed', 'stopped']

export interface Health {
  /** The component's own word. */
  report(state: StatusState, reason?: string): void
  /** The engine's view: 'ok' takes back what it saw before. */
  observe(state: StatusState, reason?: string): void
  /** The engine's view of what stands around the component, by whoever sees it; undefined: it is over. */
  strain(by: object, reason: string | undefined): void
  /** Another component begins: what was said of the one before is over. */
  begin(): void
  /** Calls `fn` each time the state becomes 'failed'. */
  whenFailed(fn: () => void): void
  readonly state: StatusState
  readonly reason: string | undefined
  readonly since: number
}

interface Said {
  readonly state: StatusState
  readonly reason: string | undefined
}

export const createHealth = (clock: Clock): Health => {
  let own: Said = { state: 'ok', reason: undefined }
  let seen: Said = { state: 'starting', reason: undefined }
  let since = clock.now()
  let failed: (() => void) | undefined
  const strains = new Map<object, string>()
  const worse = (): Said => {
    const said = RANK.indexOf(own.state) > RANK.indexOf(seen.state) ? own : seen
    const [strain] = strains.values()
    return strain !== undefined && said.state === 'ok' ? { state: 'degraded', reason: strain } : said
  }
  const change = (apply: () => void): void => {
    const before = worse().state
    apply()
    const { state } = worse()
    if (state === before) return
    since = clock.now()
    if (state === 'failed') failed?.()
  }
  return {
    report: (state, reason) => change(() => void (own = { state, reason })),
    observe: (state, reason) => change(() => void (seen = { state, reason })),
    strain: (by, reason) => change(() => void (reason === undefined ? strains.delete(by) : strains.set(by, reason))),
    begin() {
      own = { state: 'ok', reason: undefined }
      seen = { state: 'starting', reason: undefined }
      since = clock.now()
    },
    whenFailed(fn) {
      failed = fn
    },
    get state() {
      return worse().state
    },
    get reason() {
      return worse().reason
    },
    get since() {
      return since
    },
  }
}
