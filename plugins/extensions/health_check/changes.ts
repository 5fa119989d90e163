/** Tells of components whose health has changed, as `system.health.changed`, once a change has lasted from one look to the next. */
import { logs, type ComponentState, type Context } from 'seneca-collector'
import { event, eventId } from 'seneca-collector/events'

const LOOK_EVERY_MS = 1_000

/** Starting and stopping are no change of health. */
const TOLD: ReadonlySet<string> = new Set(['ok', 'degraded', 'failed'])

type Told = Pick<Context, 'id' | 'clock' | 'emit' | 'log'>

/** The answer ends it. */
export const tellChanges = (ctx: Told, components: () => readonly ComponentState[]): (() => void) => {
  const told = new Map<string, string>()
  let before = new Map<string, string>()
  const look = (): void => {
    const now = new Map<string, string>()
    for (const { kind, id, state, reason = '' } of components()) {
      const component = `${kind}/${id}`
      now.set(component, state)
      if (!TOLD.has(state) || before.get(component) !== state) continue
      const old = told.get(component) ?? 'ok'
      told.set(component, state)
      if (old === state) continue
      const made = event({
        type: 'system.health.changed',
        id: eventId(ctx.id, 'system.health.changed', [component, state, String(ctx.clock.now())]),
        source: ctx.id,
        time: ctx.clock.nanos(),
        data: { component, old, new: state, reason },
      })
      ctx
        .emit(logs([made]))
        .catch((error: unknown) => ctx.log.warn('a change of health was not told', { reason: String(error) }))
    }
    before = now
    for (const component of told.keys()) if (!now.has(component)) told.delete(component)
  }
  return ctx.clock.every(LOOK_EVERY_MS, look)
}
