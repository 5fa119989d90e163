/** Files that a person named on the command line: where they are, and what to say when they cannot be read or made. */
import { createReadStream, createWriteStream, readFileSync, type WriteStream } from 'node:fs'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { CollectorError } from '../kit/errors.ts'
import type { Io } from './verb.ts'

const NEWLINE = 10
const READ_BYTES = 256 * 1024

const unreadable = (name: string, error: unknown): CollectorError =>
  new CollectorError('usage', `${name} cannot be read: ${(error as Error).message}`, { cause: error })

export const readGiven = (name: string, { cwd }: Pick<Io, 'cwd'>): Buffer => {
  try {
    return readFileSync(resolve(cwd, name))
  } catch (error) {
    throw unreadable(name, error)
  }
}

/** Refused when it is there already. */
export const makeGiven = async (name: string, { cwd }: Pick<Io, 'cwd'>): Promise<WriteStream> => {
  const file = createWriteStream(resolve(cwd, name), { flags: 'wx' })
  try {
    await once(file, 'open')
  } catch (error) {
    throw new CollectorError('usage', `${name} cannot be made: ${(error as Error).message}`, { cause: error })
  }
  return file
}

/**
 * Runs of whole lines, byte for byte. (`readline` ends lines at U+2028 too, which JSON allows within a string.) The last line
 * may lack its end.
 */
export async function* wholeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let begun: Uint8Array[] = []
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE) + 1
    if (end > 0) yield Buffer.concat([...begun, chunk.subarray(0, end)])
    if (end > 0) begun = []
    if (end < chunk.length) begun.push(chunk.subarray(end))
  }
  if (begun.length > 0) yield Buffer.concat(begun)
}

export async function* linesOfGiven(name: string, { cwd }: Pick<Io, 'cwd'>): AsyncGenerator<Buffer> {
  const chunks = createReadStream(resolve(cwd, name), { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>
  try {
    yield* wholeLines(chunks)
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : unreadable(name, error)
  }
}
