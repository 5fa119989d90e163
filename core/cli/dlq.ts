import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import {
  editLetter,
  letterId,
  none,
  parseLetterId,
  purgeLetters,
  retryLetters,
  rowOf,
  together,
  type Done,
  type LetterBox,
} from '../control/dead-letters.ts'
import { toJson } from '../control/index.ts'
import { decodeLetter } from '../engine/dead-letters.ts'
import { CollectorError } from '../kit/errors.ts'
import { systemClock } from '../kit/system-clock.ts'
import {
  nodeDisk,
  openLog,
  readWaiting,
  storeFolder,
  type DiskLog,
  type Frame,
  type StoreFolder,
} from '../storage/index.ts'
import { exitCode } from './exit-codes.ts'
import { recordLines } from './record-lines.ts'
import { findStores, siteOf, siteOptions, type Site } from './sites.ts'
import { table } from './table.ts'
import { defineVerb, jsonOption, type Io } from './verb.ts'

interface DlqOptions {
  readonly json: boolean
  readonly all: boolean
  readonly component: string | undefined
  readonly file: string | undefined
}
type Subverb = (site: Site, ids: readonly string[], options: DlqOptions, io: Io) => Promise<number>

const ls: Subverb = async (site, _ids, { json, component }, io) => {
  const rows = []
  for (const store of findStores(site, 'dead_letters', component))
    for await (const frame of readWaiting(nodeDisk, store.folder)) rows.push(rowOf(store.component, frame))
  if (json) {
    await io.out(`${toJson(rows, 2)}\n`)
    return exitCode('ok')
  }
  if (rows.length === 0) await io.out('There is no dead letter.\n')
  else
    await io.out(
      table(
        ['ID', 'TIME', 'RECORDS', 'ATTEMPTS', 'CODE', 'REASON'],
        rows.map(({ id, time, records, attempts, code, reason }) => [id, time, records, attempts, code, reason]),
      ),
    )
  return exitCode('ok')
}

const storeOf = (site: Site, component: string): StoreFolder => {
  const [store] = findStores(site, 'dead_letters', component)
  if (!store) throw new CollectorError('not_found', `${component} keeps no dead letters`)
  return store
}

const find = async (site: Site, id: string): Promise<{ readonly store: StoreFolder; readonly frame: Frame }> => {
  const { component, seq } = parseLetterId(id)
  const store = storeOf(site, component)
  for await (const frame of readWaiting(nodeDisk, store.folder)) if (frame.seq === seq) return { store, frame }
  throw new CollectorError('not_found', `there is no dead letter ${id}; dlq ls lists them`)
}

const show: Subverb = async (site, ids, { json }, io) => {
  if (ids.length === 0) throw new CollectorError('usage', 'dlq show needs an id; dlq ls lists them')
  for (const id of ids) {
    const { store, frame } = await find(site, id)
    const { batch } = decodeLetter(frame)
    if (!json) {
      const { reason, code, attempts, time, pipeline, generation } = rowOf(store.component, frame)
      io.err(`${id}: ${reason} (${code}, attempt ${attempts}, ${pipeline}, ${time}, configuration ${generation})\n`)
    }
    await io.out(recordLines(batch))
  }
  return exitCode('ok')
}

/** Letters of a collector that does not run; what is sent again goes into the queue on disk beside them. */
const openBox = async (
  store: StoreFolder,
): Promise<{ readonly box: LetterBox; readonly close: () => Promise<void> }> => {
  const options = {
    disk: nodeDisk,
    clock: systemClock,
    sync: 'commit',
    events: { trouble: () => {}, ailing: () => {}, lost: () => {}, freed: () => {} },
  } as const
  const log = await openLog({ ...options, folder: store.folder })
  const queueFolder = storeFolder(dirname(dirname(store.folder)), 'queues', store.component)
  let queue: DiskLog | undefined
  const box: LetterBox = {
    component: store.component,
    log,
    disk: nodeDisk,
    async send(pipeline, batch) {
      if ((await nodeDisk.list(queueFolder)).length === 0)
        throw new CollectorError(
          'usage',
          `${store.component} has no queue on disk here; start the collector, then dlq retry`,
        )
      queue ??= await openLog({ ...options, folder: queueFolder })
      await queue.append({ meta: pipeline, records: batch.count, payload: batch.encode('stored') })
      return { refused: 0 }
    },
  }
  const close = async (): Promise<void> => {
    await queue?.close()
    await log.close()
  }
  return { box, close }
}

/** Named letters, those of a component, or with --all every one. */
const each = async (
  site: Site,
  ids: readonly string[],
  { all, component }: DlqOptions,
  verb: 'retry' | 'purge',
): Promise<Done> => {
  if (ids.length === 0 && component === undefined && !all)
    throw new CollectorError('usage', `dlq ${verb} needs ids, --component or --all`)
  const wanted = ids.map(parseLetterId)
  for (const one of wanted) storeOf(site, one.component)
  if (site.client) {
    const stores = component === undefined ? [] : findStores(site, 'dead_letters', component)
    const query = new URLSearchParams([
      ...ids.map((id) => ['id', id] as [string, string]),
      ...stores.map((store) => ['component', store.component] as [string, string]),
    ])
    return (await site.client.post(`/dead_letters/${verb}?${query.toString()}`)) as Done
  }
  let done = none
  for (const store of findStores(site, 'dead_letters', component)) {
    const own = wanted.filter((one) => one.component === store.component).map(({ seq }) => seq)
    if (ids.length > 0 && own.length === 0) continue
    const { box, close } = await openBox(store)
    try {
      const work = verb === 'retry' ? retryLetters : purgeLetters
      done = together(done, await work(box, ids.length > 0 ? new Set(own) : undefined))
    } finally {
      await close()
    }
  }
  return done
}

const report = async (done: Done, what: string, { json }: DlqOptions, io: Io): Promise<number> => {
  const { letters, records, refused } = done
  await io.out(json ? `${toJson(done, 2)}\n` : `${letters} letters with ${records} records were ${what}.\n`)
  if (refused === undefined) return exitCode('ok')
  if (!json) io.err(`${refused.letters} letters were refused again and stay: ${refused.reason}\n`)
  return exitCode('failed')
}

const retry: Subverb = async (site, ids, options, io) =>
  report(await each(site, ids, options, 'retry'), 'sent again', options, io)
const purge: Subverb = async (site, ids, options, io) =>
  report(await each(site, ids, options, 'purge'), 'thrown away', options, io)

/** The editor of the person, on a copy. */
const editByHand = async (text: string, io: Io): Promise<string> => {
  const editor = io.env['VISUAL'] ?? io.env['EDITOR']
  if (editor === undefined || !io.terminal)
    throw new CollectorError('usage', 'dlq edit needs --file FILE with the new envelopes, or EDITOR and a terminal')
  const folder = mkdtempSync(join(tmpdir(), 'seneca-letter-'))
  const path = join(folder, 'letter.jsonl')
  writeFileSync(path, text, { mode: 0o600 })
  const { status } = spawnSync(editor, [path], { stdio: 'inherit', shell: true })
  if (status !== 0) throw new CollectorError('cancelled', 'the editor ended with an error; nothing was changed')
  return path
}

const edit: Subverb = async (site, [id], options, io) => {
  if (id === undefined) throw new CollectorError('usage', 'dlq edit needs an id; dlq ls lists them')
  const { store, frame } = await find(site, id)
  const path =
    options.file === undefined
      ? await editByHand(recordLines(decodeLetter(frame).batch), io)
      : resolve(io.cwd, options.file)
  try {
    if (site.client) {
      const query = new URLSearchParams({ id: letterId(store.component, frame.seq), file: path })
      const answer = (await site.client.post(`/dead_letters/edit?${query.toString()}`)) as { readonly id: string }
      await io.out(`${answer.id}\n`)
    } else {
      const { box, close } = await openBox(store)
      try {
        await io.out(`${await editLetter(box, frame.seq, readFileSync(path))}\n`)
      } finally {
        await close()
      }
    }
  } finally {
    if (options.file === undefined) rmSync(dirname(path), { recursive: true, force: true })
  }
  return exitCode('ok')
}

const subverbs = { ls, show, edit, retry, purge } as const satisfies Record<string, Subverb>

export const verb = defineVerb({
  name: 'dlq',
  summary: 'Work with dead letters: list, show, edit, send again, throw away.',
  operands: [
    { name: '<what>', description: 'ls, show, edit, retry or purge' },
    { name: '[id...]', description: 'letters, as dlq ls names them: exporter/otlp_http:12' },
  ],
  options: {
    ...siteOptions,
    ...jsonOption,
    component: { type: 'string', value: 'name', description: 'ls, retry, purge: only the letters of this component' },
    all: { type: 'boolean', description: 'retry, purge: every letter' },
    file: { type: 'string', value: 'file', description: 'edit: the new records, one envelope a line' },
  },
  examples: [
    ['dlq ls', 'what could not be delivered, and why'],
    ['dlq show exporter/webhook:3', 'its records, one JSON envelope a line'],
    ['dlq retry --component exporter/webhook', 'once it works again; safe to repeat, ids stay'],
    ['dlq edit exporter/webhook:3 --file mended.jsonl', 'replaces its records; without --file in your editor'],
    ['dlq purge exporter/webhook:3', 'throws it away'],
  ],
  async run({ operands: [what = '', ...ids], options }, io) {
    if (!Object.hasOwn(subverbs, what))
      throw new CollectorError('usage', `dlq takes ${Object.keys(subverbs).join(', ')}, not '${what}'`)
    return subverbs[what as keyof typeof subverbs](await siteOf(options, io), ids, options, io)
  },
})
