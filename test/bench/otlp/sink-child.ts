/**
 * The sink, a process of its own: takes everything, counts each record of the pool, and can keep what it got to compare
 * it. Speaks with the bench over IPC.
 */
import { check } from './check.ts'
import { eachRecord } from './count.ts'
import { edited, POOL, pool } from './pool.ts'
import { serve, type Protocol } from './transports.ts'

export interface SinkOptions {
  readonly protocol: Protocol
  /** 0: any. */
  readonly port: number
  /** The edits of W4 were asked for. */
  readonly edits: boolean
  /** How often the whole pool is sent. */
  readonly repeat: number
  /** Each time with records of other numbers. */
  readonly distinct?: true
  /** Keep all that comes and compare it in the report. */
  readonly compare: boolean
}

export interface SinkReport {
  readonly lost: number
  readonly duplicates: number
  readonly problem: string | undefined
}

export type FromSink = { readonly port: number } | { readonly seen: number } | { readonly report: SinkReport }
export type ToSink = { readonly listen: SinkOptions } | { readonly report: true }

const PROGRESS_MS = 20
let seen: Uint32Array
const kept: Buffer[] = []
let [total, foreign, told] = [0, 0, 0]
let options: SinkOptions

const tell = (message: FromSink): void => void process.send!(message)

const take = (body: Buffer): void => {
  eachRecord(body, (id) => {
    total++
    if (id >= 0 && id < seen.length) seen[id]!++
    else foreign++
  })
  if (options.compare) kept.push(body)
}

const change = (record: (typeof pool)[number]) => (options.edits ? edited(record) : record)

const report = (): SinkReport => {
  let [lost, duplicates] = [0, 0]
  for (const [id, times] of seen.entries()) {
    const expected = change(pool[id % POOL]!) === undefined ? 0 : options.distinct ? 1 : options.repeat
    if (times < expected) lost += expected - times
    else duplicates += times - expected
  }
  const problem = foreign > 0 ? `${foreign} records that nobody sent` : check(kept, change)
  return { lost, duplicates, problem }
}

process.on('message', (message: ToSink) => {
  if ('report' in message) return tell({ report: report() })
  options = message.listen
  seen = new Uint32Array(options.distinct ? POOL * options.repeat : POOL)
  void serve(options.protocol, options.port, take).then(({ port }) => tell({ port }))
})
process.on('disconnect', () => process.exit())
setInterval(() => {
  if (total === told) return
  told = total
  tell({ seen: total })
}, PROGRESS_MS)
