/** Says when a file that grows has all its records. */
import { open } from 'node:fs/promises'

const CHUNK = 1 << 20

/** True when a file has `expected` marks; counts only what was added since it was asked before. */
export const markCounter = (file: string, expected: number, mark = '\n'): (() => Promise<boolean>) => {
  let [marks, offset] = [0, 0]
  const wanted = Buffer.from(mark)
  const buffer = Buffer.alloc(CHUNK)
  return async () => {
    const handle = await open(file).catch(() => undefined)
    if (!handle) return false
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset)
      if (bytesRead < wanted.length) break
      const fresh = buffer.subarray(0, bytesRead)
      for (let at = fresh.indexOf(wanted); at >= 0; at = fresh.indexOf(wanted, at + wanted.length)) marks++
      // A mark cut off at the end is seen whole next time, one that was whole is not.
      offset += bytesRead - wanted.length + 1
    }
    await handle.close()
    return marks >= expected
  }
}
