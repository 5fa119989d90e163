/**
 * Who works on what, learned from what passes by: Marcus's events say which agent holds which task and which trace a task
 * has, an agent's own records say which session is whose. Bounded; the least recently heard of is forgotten first.
 */
export interface Holder {
  readonly agentId: string
  readonly taskId: string
  readonly taskName: string
  readonly projectId: string
}

export interface Whereabouts {
  assigned(holder: Holder, traceId: string): void
  /** The task is no longer this agent's (or anybody's). */
  released(taskId: string): void
  session(sessionId: string, agentId: string): void
  agentOfSession(sessionId: string): string | undefined
  ofAgent(agentId: string): Holder | undefined
  ofTrace(traceId: string): Holder | undefined
  /** The whole of it, when it changed since the last call. */
  changed(): WhereaboutsState | undefined
}

export interface WhereaboutsState {
  readonly holders: readonly (readonly [traceId: string, holder: Holder])[]
  readonly sessions: readonly (readonly [sessionId: string, agentId: string])[]
}

const SESSIONS_MAX = 1_000
const HOLDERS_MAX = 1_000

const keep = <T>(map: Map<string, T>, key: string, value: T, most: number): void => {
  map.delete(key)
  map.set(key, value)
  if (map.size <= most) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}

export const createWhereabouts = (restored?: WhereaboutsState): Whereabouts => {
  const sessions = new Map(restored?.sessions)
  /** By task, with its trace. */
  const held = new Map(restored?.holders.map(([traceId, holder]) => [holder.taskId, { traceId, holder }]))
  let dirty = false
  const find = (test: (entry: { readonly traceId: string; readonly holder: Holder }) => boolean): Holder | undefined =>
    [...held.values()].findLast(test)?.holder
  return {
    assigned(holder, traceId) {
      keep(held, holder.taskId, { traceId, holder }, HOLDERS_MAX)
      dirty = true
    },
    released(taskId) {
      if (held.delete(taskId)) dirty = true
    },
    session(sessionId, agentId) {
      if (sessions.get(sessionId) === agentId) return
      keep(sessions, sessionId, agentId, SESSIONS_MAX)
      dirty = true
    },
    agentOfSession: (sessionId) => sessions.get(sessionId),
    ofAgent: (agentId) => find(({ holder }) => holder.agentId === agentId),
    ofTrace: (traceId) => (traceId === '' ? undefined : find((entry) => entry.traceId === traceId)),
    changed() {
      if (!dirty) return undefined
      dirty = false
      return {
        holders: Array.from(held.values(), ({ traceId, holder }) => [traceId, holder]),
        sessions: [...sessions],
      }
    },
  }
}
