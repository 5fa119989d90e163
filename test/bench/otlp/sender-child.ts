/** The load generator, a process of its own: sends the pool as fast as the other side takes it, each request until it is taken. */
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { renumbered } from './count.ts'
import { POOL, requests } from './pool.ts'
import { connect, type Protocol } from './transports.ts'

export interface SendOptions {
  readonly protocol: Protocol
  readonly port: number
  readonly perRequest: number
  readonly gzip: boolean
  /** How often the whole pool is sent. */
  readonly repeat: number
  /** Each time with records of other numbers, so that none is sent twice. */
  readonly distinct?: true
  readonly connections: number
}

export interface Sent {
  readonly seconds: number
  /** Requests that had to be sent again. */
  readonly retries: number
  /** What 99 of 100 requests did not wait longer for, until they were taken. */
  readonly p99Ms: number
}

const RETRY_MS = 50
/** A request is not sent for ever: a collector that restarts needs a second or two. */
const MAX_TRIES = 300

const send = async (options: SendOptions): Promise<Sent> => {
  const plain = requests(options.perRequest)
  const bodies = options.gzip ? plain.map((body) => gzipSync(body)) : plain
  const total = bodies.length * options.repeat
  let [next, retries] = [0, 0]
  const started = performance.now()
  const waits: number[] = []
  const connection = async (): Promise<void> => {
    let post = connect(options.protocol, options.port, options.gzip)
    while (next < total) {
      const pass = Math.floor(next / bodies.length)
      const known = bodies[next++ % bodies.length]!
      const body = options.distinct ? renumbered(known, pass * POOL) : known
      const sent = performance.now()
      for (let tries = 1; !(await post(body)); tries++) {
        if (tries === MAX_TRIES) throw new Error(`a request was refused ${MAX_TRIES} times`)
        retries++
        await pause(RETRY_MS)
        post = connect(options.protocol, options.port, options.gzip)
      }
      waits.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: options.connections }, connection))
  const seconds = (performance.now() - started) / 1_000
  return { seconds, retries, p99Ms: waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)] ?? 0 }
}

process.on('message', (options: SendOptions) => {
  void send(options).then(
    (sent) => process.send!(sent),
    (error: Error) => process.send!({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())
