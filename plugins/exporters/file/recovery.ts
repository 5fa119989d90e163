/**
 * Brings the output and the journal together on start. The journal knows the file: what stands behind its last entry is
 * cut off, a rotation that was announced is finished. It does not: the file is continued all the same, its torn last line
 * cut off. Only `append: false` empties it.
 */
import { rename, stat } from 'node:fs/promises'
import type { Logger } from 'seneca-collector'
import { formatOf } from './encoding.ts'
import { type Journal, readJournal, recall, type Remembered } from './journal.ts'
import type { Options } from './options.ts'
import { Output } from './output.ts'
import type { Seen } from './seen.ts'
import { endOfLines, endOfMessages } from './torn.ts'

const inodeOf = async (path: string): Promise<string | undefined> => {
  const stats = await stat(path, { bigint: true }).catch(() => undefined)
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`
}

const finishRotation = async (path: string, remembered: Remembered): Promise<void> => {
  if (remembered.rotating === undefined) return
  if ((await inodeOf(path)) === remembered.file.inode) await rename(path, remembered.rotating)
}

const wholeEnd = (output: Output, options: Options): Promise<number> | number => {
  if (options.compression !== 'none') return output.end
  const find = formatOf(options.format) === 'otlp_proto' ? endOfMessages : endOfLines
  return find(output.handle, output.end)
}

const isKnown = (output: Output, remembered: Remembered): boolean =>
  remembered.file.path === output.path &&
  remembered.file.inode === output.identity.inode &&
  remembered.file.birth === output.identity.birth

const endOfKnown = (output: Output, remembered: Remembered, seen: Seen, log: Logger): number => {
  const { end, origins, ids } = recall(remembered, output.end)
  if (output.end < remembered.start.end) {
    log.error('the file is shorter than what was written; its records may come again', { path: output.path })
    return output.end
  }
  seen.load(origins, ids)
  return end
}

/** The place to go on from in this output. */
const startingEnd = async (
  output: Output,
  options: Options,
  remembered: Remembered | undefined,
  seen: Seen,
  log: Logger,
): Promise<number> => {
  // What is emptied on purpose may be written again.
  if (options.append === false) return 0
  if (remembered !== undefined && isKnown(output, remembered)) return endOfKnown(output, remembered, seen, log)
  if (remembered !== undefined) {
    const { origins, ids } = recall(remembered, Infinity)
    seen.load(origins, ids)
    // The file our rotation began, and nothing of it was acknowledged.
    if (remembered.rotating !== undefined && remembered.file.path === output.path) return 0
  }
  return wholeEnd(output, options)
}

export const openOutput = async (
  path: string,
  options: Options,
  journalPath: string,
  journal: Journal,
  seen: Seen,
  log: Logger,
): Promise<Output> => {
  const remembered = await readJournal(journalPath)
  if (remembered?.file.path === path) await finishRotation(path, remembered)
  const output = await Output.open(path)
  if (!output.isRegular) return output
  const end = await startingEnd(output, options, remembered, seen, log)
  if (end < output.end) {
    log.info('cut off what was not acknowledged, or not to be kept', { path, bytes: output.end - end })
    await output.cutTo(end)
  }
  await journal.snapshot({ file: output.identity, end, origins: seen.origins, ids: seen.ids }, options.sync !== 'none')
  return output
}
