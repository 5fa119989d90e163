/**
 * One call of an exporter's `consume`, with its limit of time. When the limit passes, the call's signal aborts; a
 * component that does not heed it within `GRACE_MS` is left behind and named, and its late answer counts for nothing.
 */
import type { Batch } from '../model/types.ts'
import { CollectorError } from '../kit/errors.ts'
import { type Call } from './call.ts'
import { consume } from './consume.ts'
import type { Core } from './core.ts'
import type { Instance } from './instance.ts'

const GRACE_MS = 1_000

/** Rejects with what the component threw, or with a retryable `timeout`. */
export const attempt = (core: Core, instance: Instance, batch: Batch, call: Call, timeoutMs: number): Promise<void> => {
  const { clock } = core.env
  const controller = new AbortController()
  const abort = (): void => controller.abort(core.hard.reason)
  if (core.hard.aborted) abort()
  core.hard.addEventListener('abort', abort)
  const running = consume(core, instance, call, batch, controller.signal)
  const release = (): void => core.hard.removeEventListener('abort', abort)
  if (timeoutMs <= 0) return running.finally(release)
  return new Promise((resolve, reject) => {
    let late: CollectorError | undefined
    let cancel = clock.after(timeoutMs, () => {
      late = new CollectorError('timeout', `no answer within ${timeoutMs} ms`, { retryable: true })
      controller.abort(late)
      cancel = clock.after(GRACE_MS, () => {
        const message = `no answer within ${timeoutMs} ms, and it does not heed its signal`
        reject(new CollectorError('timeout', message, { retryable: true }))
      })
    })
    const settle = (then: () => void): void => {
      cancel()
      release()
      then()
    }
    running.then(
      () => settle(resolve),
      (error: unknown) => settle(() => reject(late ?? (error as Error))),
    )
  })
}
