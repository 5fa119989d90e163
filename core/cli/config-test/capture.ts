/** `test --from-capture`: live traffic of a running collector as a test: what its receivers took in, what its exporters got. */
import { stringify } from 'yaml'
import { controlClient } from '../../control/client.ts'
import { dataDirectoryOf } from '../../control/data-directory.ts'
import { CollectorError } from '../../kit/errors.ts'
import type { Io } from '../verb.ts'

export interface CaptureOptions {
  /** Records to take in before it ends. */
  readonly limit: number
  /** Seconds after which it ends whatever came. */
  readonly seconds: number
  readonly directory: string | undefined
}

interface Status {
  readonly configuration: readonly string[]
  readonly components: readonly { readonly id: string; readonly kind: string }[]
}

const idOf = (record: unknown): unknown => (record as { readonly id?: unknown }).id

/** What an exporter got of what was taken in: from the first record of it, up to the first of what came too late. */
const between = (
  records: readonly unknown[],
  taken: ReadonlySet<unknown>,
  late: ReadonlySet<unknown>,
): readonly unknown[] => {
  const start = Math.max(
    0,
    records.findIndex((record) => taken.has(idOf(record))),
  )
  const end = records.findIndex((record) => late.has(idOf(record)))
  return records.slice(start, end < 0 ? undefined : end)
}

/** How long exporters may take to get what the last record became. */
const TRAILING_MS = 1_500

const read = (line: string): unknown => {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return { body: line }
  }
}

const isEvent = (record: unknown): boolean =>
  typeof record === 'object' && record !== null && (record as { readonly type?: unknown }).type !== 'seneca.tap.gap'

export const captureTest = async (options: CaptureOptions, io: Io): Promise<void> => {
  const client = controlClient(dataDirectoryOf(options.directory, io))
  const { components, configuration } = (await client.get('/status')) as Status
  const idsOf = (kind: string): readonly string[] => components.filter((one) => one.kind === kind).map(({ id }) => id)
  const taken = new Map(idsOf('receiver').map((id) => [id, [] as unknown[]]))
  const given = new Map(idsOf('exporter').map((id) => [id, [] as unknown[]]))
  const ended = new AbortController()
  const full = new AbortController()
  const signal = AbortSignal.any([io.signal, ended.signal])
  /** What came in after enough had come: what it became is no part of the test. */
  const late = new Set<unknown>()
  const following: Promise<void>[] = []
  /** Resolves when the tap is open. */
  const follow = (place: string, take: (record: unknown) => void): Promise<void> =>
    new Promise((opened, failed) => {
      const all = async (): Promise<void> => {
        for await (const line of client.lines(`/tap?at=${encodeURIComponent(place)}`, signal, opened)) {
          const record = read(line)
          if (isEvent(record)) take(record)
        }
      }
      following.push(all().catch(failed))
    })
  let count = 0
  const takeIn = (records: unknown[], record: unknown): void => {
    if (full.signal.aborted) late.add(idOf(record))
    else records.push(record)
    if (++count >= options.limit) full.abort()
  }
  // The outputs first: what comes in from then on is seen coming out.
  await Promise.all([...given].map(([id, records]) => follow(`exporter/${id}`, (record) => void records.push(record))))
  await Promise.all([...taken].map(([id, records]) => follow(`receiver/${id}`, (record) => takeIn(records, record))))
  io.err(`capturing up to ${options.limit} records for ${options.seconds} s\n`)
  await until(AbortSignal.any([io.signal, full.signal]), options.seconds * 1_000)
  await until(io.signal, TRAILING_MS)
  ended.abort()
  await Promise.allSettled(following)
  const ids = new Set([...taken.values()].flat().map(idOf))
  const got = new Map([...given].map(([id, records]) => [id, between(records, ids, late)]))
  await io.out(written(configuration, taken, got))
}

const until = (signal: AbortSignal, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    if (signal.aborted) done()
    else signal.addEventListener('abort', done)
  })

type Records = ReadonlyMap<string, readonly unknown[]>

const written = (configuration: readonly string[], taken: Records, given: Records): string => {
  const sends = [...taken].filter(([, records]) => records.length > 0)
  if (sends.length === 0)
    throw new CollectorError(
      'unavailable',
      'nothing came in; see if anything moves with: seneca-collector tap --at receiver',
    )
  const expect = Object.fromEntries([...given].map(([id, records]) => [id, records.length === 0 ? 'none' : records]))
  const steps = [...sends.map(([receiver, records]) => ({ send: { receiver, records } })), { expect }]
  const file = configuration.find((name) => !name.startsWith('yaml:'))
  const document = {
    ...(file === undefined ? {} : { config: file }),
    tests: [{ name: `captured at ${new Date().toISOString()}`, steps }],
  }
  return stringify(document, { lineWidth: 0 })
}
