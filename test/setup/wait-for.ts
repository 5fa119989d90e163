/** Waiting for something real (a server, a process, a file): the one place in the tests where wall time passes. */
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20
/** For what hangs: no test says by it how fast something is. */
const HANGS_MS = 60_000

/** Resolves with the first truthy answer of `probe`; rejects, naming `what`, after `timeoutMs`. */
export const waitFor = async <T>(
  what: string,
  probe: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  timeoutMs = HANGS_MS,
): Promise<T> => {
  const end = performance.now() + timeoutMs
  for (;;) {
    const answer = await probe()
    if (answer) return answer
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await sleep(POLL_MS)
  }
}
