/**
 * What can be done with dead letters: send them again, change them, throw them away. The same on a running collector and on
 * its folder. Sending again is safe to repeat: a letter is let go only when somebody else has its records, and they keep
 * their ids.
 */
import { decodeLetter, encodeLetter, type Letter } from '../engine/dead-letters.ts'
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import { decode } from '../model/index.ts'
import type { Batch } from '../model/types.ts'
import { readWaiting, type Disk, type DiskLog, type Frame } from '../storage/index.ts'

/** A component's letters, open for change. */
export interface LetterBox {
  readonly component: string
  readonly log: DiskLog
  readonly disk: Disk
  /** Resolves when somebody else has the records, or says how many nobody took. */
  send(pipeline: string, batch: Batch): Promise<Receipt>
}

export interface LetterRow extends Omit<Letter['head'], 'generation'> {
  /** `exporter/otlp_http:12`. */
  readonly id: string
  readonly records: number
  readonly generation: number
}

export const letterId = (component: string, seq: number): string => `${component}:${seq}`

/** Throws `usage` for what is no id. */
export const parseLetterId = (id: string): { readonly component: string; readonly seq: number } => {
  const [, component, seq] = /^(.+):(\d+)$/.exec(id) ?? []
  if (component === undefined) throw new CollectorError('usage', `'${id}' is no id of a dead letter; dlq ls lists them`)
  return { component, seq: Number(seq) }
}

export const rowOf = (component: string, frame: Frame): LetterRow => {
  const { head } = decodeLetter(frame)
  return { id: letterId(component, frame.seq), records: frame.records, ...head }
}

/** All, or those that are named; names that are not there are left out. */
async function* chosen(disk: Disk, folder: string, seqs: ReadonlySet<number> | undefined): AsyncGenerator<Frame> {
  for await (const frame of readWaiting(disk, folder)) if (!seqs || seqs.has(frame.seq)) yield frame
}

export interface Done {
  readonly letters: number
  readonly records: number
  /** Letters that were refused again and stay what they are, and why. */
  readonly refused?: { readonly letters: number; readonly reason: string }
}

const sum = (done: Done, { records }: Frame): Done => ({
  ...done,
  letters: done.letters + 1,
  records: done.records + records,
})
const refusedToo = (done: Done, reason: string): Done => ({
  ...done,
  refused: { letters: (done.refused?.letters ?? 0) + 1, reason: done.refused?.reason ?? reason },
})
/** Of several components. */
export const together = (a: Done, b: Done): Done => {
  const refused = a.refused ?? b.refused
  const letters = (a.refused?.letters ?? 0) + (b.refused?.letters ?? 0)
  return {
    letters: a.letters + b.letters,
    records: a.records + b.records,
    ...(refused && { refused: { letters, reason: refused.reason } }),
  }
}
export const none: Done = { letters: 0, records: 0 }

export const retryLetters = async (box: LetterBox, seqs: ReadonlySet<number> | undefined): Promise<Done> => {
  let done = none
  for await (const frame of chosen(box.disk, box.log.folder, seqs)) {
    const { batch } = decodeLetter(frame)
    const receipt = await box.send(frame.meta, batch)
    if (receipt.refused > 0) done = refusedToo(done, receipt.reason ?? 'no reason was given')
    else if (box.log.discard(frame)) done = sum(done, frame)
  }
  await box.log.settled()
  return done
}

export const purgeLetters = async (box: LetterBox, seqs: ReadonlySet<number> | undefined): Promise<Done> => {
  let done = none
  for await (const frame of chosen(box.disk, box.log.folder, seqs)) if (box.log.discard(frame)) done = sum(done, frame)
  await box.log.settled()
  return done
}

/** The letter's records become those of `lines`, one envelope a line; the answer is its new id. */
export const editLetter = async (box: LetterBox, seq: number, lines: Uint8Array): Promise<string> => {
  for await (const frame of chosen(box.disk, box.log.folder, new Set([seq]))) {
    const { head, batch } = decodeLetter(frame)
    if (batch.signal !== 'logs')
      throw new CollectorError('usage', `only log records can be edited, and these are ${batch.signal}`)
    const wrong: string[] = []
    const edited = decode('logs', 'envelope', lines, {
      onInvalid: ({ reason }) => {
        wrong.push(reason)
        return 'skip'
      },
    })
    if (wrong.length > 0) throw new CollectorError('invalid_data', `the edited lines are no envelopes: ${wrong[0]}`)
    if (edited.count === 0)
      throw new CollectorError('usage', 'there is no record left; to throw a letter away: dlq purge')
    let id = seq
    await box.log.append({
      meta: frame.meta,
      records: edited.count,
      payload: encodeLetter(head, edited),
      committed: (next) => {
        id = next
        return false
      },
    })
    box.log.discard(frame)
    await box.log.settled()
    return letterId(box.component, id)
  }
  throw new CollectorError('not_found', `there is no dead letter ${letterId(box.component, seq)}; dlq ls lists them`)
}
