/**
 * A body in chunks (RFC 9112 §7.1), read as it comes. Sizes are hexadecimal digits and nothing else before an extension,
 * line ends are CRLF; extensions and trailers are passed over, within a bound.
 */
import { BadRequest } from './head.ts'

/** Of a line with a size and its extensions. */
const LINE_BYTES = 1024
/** Of all trailers. */
const TRAILER_BYTES = 8 * 1024
/** 2^40 and more is no size of a chunk. */
const SIZE = /^([0-9A-Fa-f]{1,10})(?:[\t ]*;[^\n\r]*)?$/
const RETURN = 13
const NEWLINE = 10

export interface Chunked {
  /** Hands what is body to `data`, and answers what came behind the last chunk; undefined while there is more to come. */
  push(bytes: Buffer, data: (piece: Buffer) => void): Buffer | undefined
}

export const createChunked = (): Chunked => {
  /** size, data, the line end behind data, trailers. */
  let state: 'size' | 'data' | 'end' | 'trailer' = 'size'
  let line = ''
  let left = 0
  let trailers = 0

  /** Reads on to the end of a line; the offset behind it, or −1 when it has not come. */
  const readLine = (bytes: Buffer, from: number, most: number): number => {
    const end = bytes.indexOf(NEWLINE, from)
    line += bytes.toString('latin1', from, end < 0 ? bytes.length : end + 1)
    if (line.length > most) throw new BadRequest('a line between chunks is too long')
    if (end < 0) return -1
    if (line.length < 2 || line.charCodeAt(line.length - 2) !== RETURN)
      throw new BadRequest('a line between chunks does not end as it must')
    line = line.slice(0, -2)
    if (line.includes('\r')) throw new BadRequest('a stray line end between chunks')
    return end + 1
  }
  /** The offset behind the line, or −1. */
  const step = (bytes: Buffer, from: number): number => {
    const at = readLine(bytes, from, state === 'trailer' ? TRAILER_BYTES - trailers : LINE_BYTES)
    if (at < 0) return at
    if (state === 'end') {
      if (line !== '') throw new BadRequest('a chunk is longer than its size')
      state = 'size'
    } else if (state === 'size') {
      const size = SIZE.exec(line)?.[1]
      if (size === undefined) throw new BadRequest('the size of a chunk is none')
      left = Number.parseInt(size, 16)
      state = left === 0 ? 'trailer' : 'data'
    } else trailers += line.length
    return at
  }
  return {
    push(bytes, data) {
      for (let at = 0; at < bytes.length;) {
        if (state === 'data') {
          const piece = bytes.subarray(at, Math.min(bytes.length, at + left))
          left -= piece.length
          at += piece.length
          if (left === 0) state = 'end'
          data(piece)
          continue
        }
        const isTrailer = state === 'trailer'
        at = step(bytes, at)
        if (at < 0) return undefined
        if (isTrailer && line === '') return bytes.subarray(at)
        line = ''
      }
      return undefined
    },
  }
}
