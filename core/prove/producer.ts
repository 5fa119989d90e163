/** Sends log records over OTLP/HTTP and notes what was acknowledged: a 200 for the whole request, and nothing less. */
import { setTimeout as sleep } from 'node:timers/promises'
import { logs } from '../model/index.ts'
import type { Oracle } from './oracle.ts'

export interface Producer {
  /** Resolves when the sending has ended. */
  stop(): Promise<void>
}

export interface ProducerOptions {
  readonly url: () => string
  readonly perRequest: number
  /** Between requests of one sender. */
  readonly pauseMs: number
  readonly senders: number
}

const TIMEOUT_MS = 5_000
const REST_MS = 100
/** An answer may also hold a partial success that says nothing; any other one names records that were refused. */
const NOTHING_REFUSED = Buffer.from('0a00', 'hex')

const requestOf = (ids: readonly string[]): Buffer =>
  Buffer.concat(
    logs(
      ids.map((id) => ({ eventName: 'proof.sent', body: `record ${id}`, attributes: { 'log.record.uid': id } })),
    ).encode('otlp_proto'),
  )

/** True when all of it was acknowledged. */
const send = async (url: string, body: Buffer): Promise<boolean> => {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const answer = Buffer.from(await response.arrayBuffer())
    return response.status === 200 && (answer.length === 0 || answer.equals(NOTHING_REFUSED))
  } catch {
    return false
  }
}

export const startProducer = (oracle: Oracle, options: ProducerOptions): Producer => {
  let ended = false
  let next = 0
  const run = async (): Promise<void> => {
    while (!ended) {
      const ids = Array.from({ length: options.perRequest }, () => `r${next++}`)
      for (const id of ids) oracle.sent(id)
      const body = requestOf(ids)
      // As any SDK would: what was not acknowledged is sent again, with the same ids, until it is or all is over.
      for (let taken = false; !taken && !ended;) {
        taken = await send(options.url(), body)
        if (taken) for (const id of ids) oracle.acked(id)
        else await sleep(REST_MS)
      }
      await sleep(options.pauseMs)
    }
  }
  const running = Promise.all(Array.from({ length: options.senders }, run))
  return {
    async stop() {
      ended = true
      await running
    },
  }
}
