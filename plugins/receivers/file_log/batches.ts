/**
 * Chunks of a file as batches. Lines are decoded where they lie, with their byte offset as origin. Entries of several
 * lines of JSON are laid on one line first: a line end inside JSON is white space. Text that must be trimmed, and
 * entries of several lines, become records one by one.
 */
import { basename } from 'node:path'
import { decode, type LogBatch, logs, type ValueMap } from 'seneca-collector'
import { type Chunk, entriesOf } from 'seneca-collector/tail'
import type { Options } from './options.ts'

const NEWLINE = 10
const SPACE = 32

export interface BatchOptions extends Pick<
  Options,
  | 'format'
  | 'attributes'
  | 'resource'
  | 'include_file_name'
  | 'include_file_path'
  | 'preserve_leading_whitespaces'
  | 'preserve_trailing_whitespaces'
> {
  readonly onInvalid: (reason: string) => 'skip' | 'text'
}

const spaces = [' ', '\t', '\v', '\f', '\u00a0', '\u0085']
const leading = spaces.map((space) => Buffer.from('\n' + space))
const trailing = spaces.flatMap((space) => [Buffer.from(space + '\n'), Buffer.from(space + '\r\n')])

const mayNeedTrimming = (bytes: Buffer, options: BatchOptions): boolean => {
  const first = bytes.toString('utf8', 0, 4).charAt(0)
  const last = bytes.toString('utf8', Math.max(0, bytes.length - 4)).at(-1) ?? ''
  const starts = spaces.includes(first) || leading.some((mark) => bytes.includes(mark))
  const ends = spaces.includes(last) || trailing.some((mark) => bytes.includes(mark))
  return (!options.preserve_leading_whitespaces && starts) || (!options.preserve_trailing_whitespaces && ends)
}

/** Every entry on a line of its own, at its place. */
const onOneLineEach = (chunk: Chunk): Buffer => {
  const { bytes } = chunk
  const flat = Buffer.from(bytes)
  for (let at = flat.indexOf(NEWLINE); at >= 0; at = flat.indexOf(NEWLINE, at + 1)) flat[at] = SPACE
  for (const end of chunk.ends ?? []) if (bytes[end - 1] === NEWLINE) flat[end - 1] = NEWLINE
  return flat
}

export const createBatches = (options: BatchOptions): ((chunk: Chunk, observedTime: bigint) => LogBatch) => {
  // An envelope or OTLP record says itself when and whence: nothing is added unless told to.
  const isOwn = options.format === 'envelope' || options.format === 'otlp_json'
  const includeName = options.include_file_name ?? !isOwn
  const resource = Object.keys(options.resource).length === 0 ? undefined : options.resource
  let lastPath: string | undefined
  let lastAttributes: ValueMap = {}

  const attributesOf = (path: string): ValueMap => {
    if (path === lastPath) return lastAttributes
    lastPath = path
    lastAttributes = {
      ...(includeName ? { 'log.file.name': basename(path) } : {}),
      ...(options.include_file_path ? { 'log.file.path': path } : {}),
      ...options.attributes,
    }
    return lastAttributes
  }

  const trim = (text: string): string => {
    const start = options.preserve_leading_whitespaces ? text : text.trimStart()
    return options.preserve_trailing_whitespaces ? start : start.trimEnd()
  }

  const oneByOne = (chunk: Chunk, observedTime: bigint): LogBatch => {
    const attributes = attributesOf(chunk.path)
    const records = []
    for (const entry of entriesOf(chunk)) {
      const body = trim(entry.bytes.toString())
      if (body !== '')
        records.push({ body, attributes, observedTime, origin: { key: chunk.key, offset: entry.offset } })
    }
    return logs(records, resource === undefined ? {} : { resource: { attributes: resource } })
  }

  return (chunk, observedTime) => {
    const isText = options.format === 'text'
    if (isText && (chunk.ends !== undefined || mayNeedTrimming(chunk.bytes, options)))
      return oneByOne(chunk, observedTime)
    const attributes = attributesOf(chunk.path)
    return decode('logs', options.format, chunk.ends === undefined ? chunk.bytes : onOneLineEach(chunk), {
      origin: { key: chunk.key, offset: chunk.offset },
      ...(isOwn ? {} : { observedTime }),
      ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
      ...(resource === undefined ? {} : { resource }),
      onInvalid: ({ reason }) => options.onInvalid(reason),
    })
  }
}
