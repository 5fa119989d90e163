/** Stored events as a file of envelope lines, with a seal beside it when the chain is whole in it. */
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { CollectorError } from '../../kit/errors.ts'
import type { Io } from '../verb.ts'
import { eventsOf, type Stored } from './events.ts'
import { fileHash, sealed, type Seal } from './seal.ts'
import type { Question, Store } from './store.ts'

export const sealPath = (file: string): string => `${file}.seal.json`

const newFile = async (path: string) => {
  const file = createWriteStream(path, { flags: 'wx' })
  try {
    await once(file, 'open')
  } catch (error) {
    throw new CollectorError('usage', `${path} cannot be made: ${(error as Error).message}`, { cause: error })
  }
  return file
}

/** Writes what fits; answers how many. */
export const exportEvents = async (store: Store, question: Question, out: string, io: Io): Promise<number> => {
  const file = await newFile(join(io.cwd, out))
  let events = 0
  for await (const { line } of eventsOf(store, question)) {
    if (!file.write(`${line}\n`)) await once(file, 'drain')
    events++
  }
  file.end()
  await once(file, 'close')
  return events
}

/** All events, and the seal that lets anybody check them. */
export const exportSealed = async (store: Store, out: string, key: string | undefined, io: Io): Promise<Seal> => {
  const path = join(io.cwd, out)
  const file = await newFile(path)
  const { anchor } = (await store.ask('stats')) as { readonly anchor: string }
  let first: Stored | undefined
  let last: Stored | undefined
  let events = 0
  for await (const stored of eventsOf(store, {})) {
    if (!file.write(`${stored.line}\n`)) await once(file, 'drain')
    first ??= stored
    last = stored
    events++
  }
  file.end()
  await once(file, 'close')
  const seal = sealed(
    {
      events,
      first_seq: first?.seq ?? 0,
      last_seq: last?.seq ?? 0,
      anchor,
      head: last?.hash ?? anchor,
      sha256: fileHash(readFileSync(path)),
      exported_at: new Date().toISOString(),
    },
    key === undefined ? undefined : readFileSync(join(io.cwd, key), 'utf8'),
  )
  writeFileSync(join(io.cwd, sealPath(out)), `${JSON.stringify(seal, null, 2)}\n`, { flag: 'wx' })
  return seal
}
