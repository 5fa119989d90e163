/**
 * What is wrong around a component and lasts, such as a disk that takes nothing: said once, and once when it is over,
 * whatever the component itself does meanwhile. It is over when it has gone well for a while: else a disk that is now full
 * and now is not would be told with each batch.
 */
import type { Core } from './core.ts'
import type { Instance } from './instance.ts'

const CALM_MS = 5_000

export interface Ailment {
  found(reason: string): void
  /** It went well. */
  well(): void
  close(): void
}

export const createAilment = (core: Core, instance: Instance, afterwards: string): Ailment => {
  let told: string | undefined
  let cancel: (() => void) | undefined
  const calm = (): void => {
    cancel?.()
    cancel = undefined
  }
  const over = (): void => {
    calm()
    if (told !== undefined) instance.strain(ailment, undefined, afterwards)
    told = undefined
  }
  const ailment: Ailment = {
    found(reason) {
      calm()
      if (reason === told) return
      told = reason
      instance.strain(ailment, reason)
    },
    well() {
      if (told !== undefined) cancel ??= core.env.clock.after(CALM_MS, over)
    },
    close() {
      calm()
      instance.health.strain(ailment, undefined)
    },
  }
  return ailment
}

/** Ailments of a disk, by what it does not do. */
export const createDiskAilments = (core: Core, instance: Instance) => {
  const all = new Map<string, Ailment>()
  const ailmentOf = (what: string): Ailment => {
    const known = all.get(what)
    if (known) return known
    const fresh = createAilment(core, instance, `its disk is well again (${what})`)
    all.set(what, fresh)
    return fresh
  }
  return {
    /** Undefined: it can be done. */
    ailing(what: string, error: Error | undefined): void {
      if (error) ailmentOf(what).found(`${what}: ${error.message}`)
      else all.get(what)?.well()
    },
    close(): void {
      for (const ailment of all.values()) ailment.close()
    },
  }
}
