import { rmSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { toJson } from '../control/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { systemClock } from '../kit/system-clock.ts'
import { nodeDisk, openLog, readWaiting, summarize, type StoreFolder } from '../storage/index.ts'
import { exitCode } from './exit-codes.ts'
import { makeGiven } from './given-files.ts'
import { queuedBatch, recordLines } from './record-lines.ts'
import { findStores, onlyStore, siteOf, siteOptions, type Site } from './sites.ts'
import { table } from './table.ts'
import { defineVerb, jsonOption, type Io } from './verb.ts'

interface BufferOptions {
  readonly json: boolean
  readonly limit: number | undefined
  readonly out: string | undefined
  readonly 'discard-damaged': boolean
}

const summaries = async (site: Site, stores: readonly StoreFolder[]) =>
  Promise.all(
    stores.map(async ({ component, folder }) => ({
      component,
      folder,
      in_use: site.open.has(folder),
      ...(await summarize(nodeDisk, folder)),
    })),
  )

const stateOf = (one: Awaited<ReturnType<typeof summaries>>[number], running: boolean): string => {
  if (one.in_use) return 'in use'
  if (!running) return 'no collector runs'
  return one.records > 0 ? 'nothing of that name runs' : 'not used'
}

const ls = async (site: Site, name: string | undefined, { json }: BufferOptions, io: Io): Promise<number> => {
  const all = await summaries(site, findStores(site, 'queues', name))
  if (json) {
    await io.out(`${toJson(all, 2)}\n`)
    return exitCode('ok')
  }
  if (all.length === 0) {
    await io.out('There is no queue on disk. An exporter has one with sending_queue: { storage: file_storage }.\n')
    return exitCode('ok')
  }
  const rows = all.map((one) => [
    one.component,
    one.records,
    one.entries,
    one.bytes,
    one.setAside,
    stateOf(one, site.client !== undefined),
    one.folder,
  ])
  await io.out(table(['QUEUE', 'RECORDS', 'BATCHES', 'BYTES', 'SET ASIDE', 'STATE', 'FOLDER'], rows))
  return exitCode('ok')
}

const verify = async (site: Site, name: string | undefined, { json }: BufferOptions, io: Io): Promise<number> => {
  const all = await summaries(site, [
    ...findStores(site, 'queues', name),
    ...site.stores.filter(
      ({ kind, component }) => kind === 'dead_letters' && (name === undefined || component === name),
    ),
  ])
  const damaged = all.filter((one) => one.damaged > 0 || one.damagedNotes > 0)
  if (json) await io.out(`${toJson(all, 2)}\n`)
  else {
    for (const one of all) {
      const wrong = [
        one.damaged > 0 ? `${one.damaged} damaged bytes, which are passed over` : '',
        one.torn > 0 ? `an unfinished end of ${one.torn} bytes, which the next start cuts off` : '',
        one.damagedNotes > 0 ? `${one.damagedNotes} damaged notes of what was sent; that may come twice` : '',
      ].filter((text) => text !== '')
      await io.out(`${one.folder}: ${one.records} records, ${wrong.length === 0 ? 'sound' : wrong.join('; ')}\n`)
    }
  }
  return exitCode(damaged.length > 0 ? 'failed' : 'ok')
}

/** Records as lines to `write`, until `limit` of them. */
const writeRecords = async (
  folder: string,
  limit: number,
  write: (text: string) => void | Promise<void>,
): Promise<void> => {
  let left = limit
  for await (const frame of readWaiting(nodeDisk, folder)) {
    const batch = queuedBatch(frame)
    const part = batch.count > left ? batch.slice(0, left) : batch
    await write(recordLines(part))
    left -= part.count
    if (left <= 0) break
  }
}

const cat = async (site: Site, name: string | undefined, { limit }: BufferOptions, io: Io): Promise<number> => {
  await writeRecords(onlyStore(site, 'queues', name, 'buffer cat').folder, limit ?? Infinity, (text) => io.out(text))
  return exitCode('ok')
}

const exportTo = async (site: Site, name: string | undefined, { out }: BufferOptions, io: Io): Promise<number> => {
  if (out === undefined) throw new CollectorError('usage', 'buffer export needs --out FILE')
  const { folder } = onlyStore(site, 'queues', name, 'buffer export')
  const file = await makeGiven(out, io)
  await writeRecords(folder, Infinity, async (text) => {
    if (!file.write(text)) await once(file, 'drain')
  })
  file.end()
  await once(file, 'close')
  await io.out(`The records that wait in ${folder} were written to ${out}; they still wait.\n`)
  return exitCode('ok')
}

const repair = async (site: Site, name: string | undefined, options: BufferOptions, io: Io): Promise<number> => {
  const { folder, component } = onlyStore(site, 'queues', name, 'buffer repair')
  if (site.open.has(folder))
    throw new CollectorError(
      'usage',
      `a running collector has the queue of ${component} and mends it by itself; stop it first`,
    )
  const told: string[] = []
  const log = await openLog({
    folder,
    disk: nodeDisk,
    clock: systemClock,
    sync: 'commit',
    events: {
      trouble: (what, error) => void told.push(`${what}: ${error.message}`),
      ailing: (what, error) => void (error && told.push(`${what}: ${error.message}`)),
      lost: () => {},
      freed: () => {},
    },
  })
  const { damaged, torn } = log.opening
  await log.close()
  const aside = readdirSync(folder).filter((file) => file.endsWith('.damaged'))
  if (options['discard-damaged']) for (const file of aside) rmSync(join(folder, file))
  for (const line of told) await io.out(`${line}\n`)
  await io.out(
    `${folder}: ${torn} bytes of an unfinished end cut off, ${damaged} damaged bytes passed over, ` +
      `${aside.length} pieces of them ${options['discard-damaged'] ? 'thrown away' : 'kept as *.damaged'}\n`,
  )
  return exitCode('ok')
}

const subverbs = { ls, verify, cat, export: exportTo, repair }

export const verb = defineVerb({
  name: 'buffer',
  summary: 'Look into the queues on disk: list, print, verify, repair, export.',
  operands: [
    { name: '<what>', description: 'ls, cat, verify, repair or export' },
    { name: '[queue]', description: 'the exporter whose queue it is: exporter/otlp_http' },
  ],
  options: {
    ...siteOptions,
    ...jsonOption,
    limit: { type: 'number', short: 'n', value: 'count', description: 'cat: end after so many records' },
    out: { type: 'string', value: 'file', description: 'export: a new file for the records' },
    'discard-damaged': { type: 'boolean', description: 'repair: throw away the damaged bytes that were set aside' },
  },
  examples: [
    ['buffer ls', 'what waits on disk, and for whom'],
    ['buffer cat exporter/otlp_http --limit 10', 'the oldest records, one JSON envelope a line'],
    ['buffer verify', 'reads every byte; exit code 1 when something is damaged'],
    ['buffer export exporter/otlp_http --out left.jsonl', 'copies what waits'],
    ['buffer repair exporter/otlp_http', 'while no collector runs: cuts, sets aside'],
  ],
  async run({ operands: [what = '', name], options }, io) {
    if (!Object.hasOwn(subverbs, what))
      throw new CollectorError('usage', `buffer takes ${Object.keys(subverbs).join(', ')}, not '${what}'`)
    const site = await siteOf(options, io)
    return subverbs[what as keyof typeof subverbs](site, name, options, io)
  },
})
