/** Stored events as a file of envelope lines, with a seal beside it when the chain is whole in it. */
import { rmSync, type WriteStream } from 'node:fs'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createChainCheck } from '../../history/chain.ts'
import { CollectorError } from '../../kit/errors.ts'
import { makeGiven, readGiven } from '../given-files.ts'
import type { Io } from '../verb.ts'
import { eventsOf } from './events.ts'
import { fileHash, sealed, type Seal } from './seal.ts'
import type { Question, Store } from './store.ts'

export const sealPath = (file: string): string => `${file}.seal.json`

/** Writes what fits; answers how many. */
export const exportEvents = async (store: Store, question: Question, out: string, io: Io): Promise<number> => {
  const file = await makeGiven(out, io)
  let events = 0
  for await (const { line } of eventsOf(store, question)) {
    if (!file.write(`${line}\n`)) await once(file, 'drain')
    events++
  }
  file.end()
  await once(file, 'close')
  return events
}

interface ChainEnds {
  readonly anchor: string
  readonly firstSeq: number
}

/** Writes all lines, and answers what seals them. A chain that is not whole is not sealed. */
const writeChained = async (
  store: Store,
  file: WriteStream,
): Promise<Pick<Seal, 'events' | 'first_seq' | 'last_seq' | 'anchor' | 'head'>> => {
  const { anchor, firstSeq } = (await store.ask('stats')) as ChainEnds
  const chain = createChainCheck(anchor, firstSeq)
  let last = 0
  for await (const stored of eventsOf(store, {})) {
    const broken = chain.check([stored])
    if (broken)
      throw new CollectorError(
        'invalid_data',
        `event ${broken.seq} is ${broken.reason === 'missing' ? 'missing (or was evicted meanwhile)' : 'not what was stored'}, so there is nothing to seal; see: seneca-collector audit verify`,
      )
    if (!file.write(`${stored.line}\n`)) await once(file, 'drain')
    last = stored.seq
  }
  return { events: chain.checked, first_seq: last === 0 ? 0 : firstSeq, last_seq: last, anchor, head: chain.head }
}

/** All events, and the seal that lets anybody check them. */
export const exportSealed = async (store: Store, out: string, key: string | undefined, io: Io): Promise<Seal> => {
  const privateKey = key === undefined ? undefined : readGiven(key, io).toString('utf8')
  const file = await makeGiven(out, io)
  let written
  try {
    written = await writeChained(store, file)
  } catch (error) {
    file.destroy()
    rmSync(resolve(io.cwd, out))
    throw error
  }
  file.end()
  await once(file, 'close')
  const seal = sealed(
    { ...written, sha256: fileHash(readGiven(out, io)), exported_at: new Date().toISOString() },
    privateKey,
  )
  const beside = await makeGiven(sealPath(out), io)
  beside.end(`${JSON.stringify(seal, null, 2)}\n`)
  await once(beside, 'close')
  return seal
}
