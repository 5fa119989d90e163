/**
 * Short strings out of bytes without making them again: a table of strings with the bytes they came from. A hit is
 * verified byte by byte, so a collision costs time and never a wrong string.
 */
import type { Bytes } from './bytes.ts'

const LENGTH_MAX = 32
const SLOTS = 4_096

const texts: (string | undefined)[] = Array.from({ length: SLOTS })
const lengths = new Uint8Array(SLOTS)
const stored = new Uint8Array(SLOTS * LENGTH_MAX)

/** The text at `start…end`, which is known to be UTF-8. */
export const textAt = (bytes: Bytes, start: number, end: number): string => {
  const length = end - start
  if (length > LENGTH_MAX) return bytes.utf8Slice(start, end)
  if (length === 0) return ''
  let hash = length
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
  const base = slot * LENGTH_MAX
  if (lengths[slot] === length) {
    let i = 0
    while (i < length && stored[base + i] === bytes[start + i]) i++
    if (i === length) return texts[slot]!
  }
  const text = bytes.utf8Slice(start, end)
  texts[slot] = text
  lengths[slot] = length
  for (let i = 0; i < length; i++) stored[base + i] = bytes[start + i]!
  return text
}
