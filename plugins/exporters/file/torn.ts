/**
 * Where whole lines, or whole messages, end in a file that somebody else has written: what follows is the torn rest of
 * an interrupted write.
 */
import type { FileHandle } from 'node:fs/promises'

const NEWLINE = 10
const BLOCK = 64 * 1024

const readAt = async (handle: FileHandle, from: number, length: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from)
  return buffer.subarray(0, bytesRead)
}

export const endOfLines = async (handle: FileHandle, size: number): Promise<number> => {
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - BLOCK)
    const newline = (await readAt(handle, from, end - from)).lastIndexOf(NEWLINE)
    if (newline >= 0) return from + newline + 1
    end = from
  }
  return 0
}

/** Messages, each after its length in four bytes, the highest first. */
export const endOfMessages = async (handle: FileHandle, size: number): Promise<number> => {
  for (let at = 0; ;) {
    const head = await readAt(handle, at, 4)
    const next = head.length < 4 ? Infinity : at + 4 + head.readUInt32BE(0)
    if (next > size) return at
    at = next
  }
}
