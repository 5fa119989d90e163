/** How SQLite files are broken: bytes, whole pages, the schema's text, a cut end. */
import type { Dice } from './dice.ts'

const HITS_MOST = 5

/** The length stays, but where the end is cut: a file that is one byte longer is damaged everywhere behind it. */
export const brokenDatabase = (dice: Dice, whole: Uint8Array): Buffer => {
  const bytes = Buffer.from(whole)
  const page = bytes.length > 17 ? bytes.readUInt16BE(16) || 4096 : 4096
  for (let n = dice.int(HITS_MOST); n > 0; n--) {
    const at = dice.int(bytes.length)
    const length = 1 + dice.int(64)
    const kind = dice.random()
    if (kind < 0.2) bytes.fill(dice.pick([0, 255, 10]), at - (at % page), at - (at % page) + page)
    else if (kind < 0.45) bytes.copy(bytes, at - (at % page), page * dice.int(bytes.length / page), page)
    else if (kind < 0.65) bytes.set(dice.bytes(Math.min(length, 8, bytes.length - at)), at - (at % page))
    else bytes.set(dice.bytes(Math.min(length, bytes.length - at)), at)
  }
  return dice.chance(0.2) ? bytes.subarray(0, dice.int(bytes.length + 1)) : bytes
}
