/** Choices by seed, and the ways in which bytes are broken. */
import { seededRandom } from 'seneca-collector/testing'

export interface Dice {
  readonly random: () => number
  /** 0 … most - 1. */
  int(most: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  bytes(length: number): Buffer
  /** A few edits: flipped, overwritten, cut out, doubled, moved and inserted bytes, odd pieces, a cut end. */
  broken(whole: Uint8Array, pieces?: readonly (string | Uint8Array)[]): Buffer
}

const EDITS_MOST = 6
const SPAN_MOST = 64
const ODD_BYTES = [0x00, 0xff, 0x7f, 0x80, 0x0a, 0x0d, 0x22, 0x5c, 0x7b, 0x5b]

type Edit = (dice: Dice, bytes: Buffer, at: number, pieces: readonly (string | Uint8Array)[]) => Buffer

const put = (bytes: Buffer, at: number, gone: number, piece: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + gone)])

const edits: readonly Edit[] = [
  (dice, bytes, at) => put(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << dice.int(8))])),
  (dice, bytes, at) => put(bytes, at, 1, Buffer.from([dice.pick(ODD_BYTES)])),
  (dice, bytes, at) => put(bytes, at, dice.int(SPAN_MOST), dice.bytes(dice.int(SPAN_MOST))),
  (dice, bytes, at) => put(bytes, at, dice.int(SPAN_MOST), Buffer.alloc(0)),
  (dice, bytes, at) => put(bytes, at, 0, bytes.subarray(at, at + dice.int(SPAN_MOST))),
  (dice, bytes, at) => {
    const from = dice.int(bytes.length)
    return put(bytes, at, 0, bytes.subarray(from, from + dice.int(SPAN_MOST)))
  },
  (dice, bytes, at, pieces) =>
    pieces.length === 0 ? bytes : put(bytes, at, dice.int(8), Buffer.from(dice.pick(pieces))),
]

export const createDice = (seed: number): Dice => {
  const random = seededRandom(seed)
  const int = (most: number): number => Math.floor(random() * most)
  const dice: Dice = {
    random,
    int,
    chance: (probability) => random() < probability,
    pick: (list) => list[int(list.length)]!,
    bytes: (length) => Buffer.from(Uint8Array.from({ length }, () => int(256))),
    broken(whole, pieces = []) {
      let bytes: Buffer = Buffer.from(whole)
      for (let n = 1 + int(EDITS_MOST); n > 0; n--) bytes = dice.pick(edits)(dice, bytes, int(bytes.length + 1), pieces)
      return dice.chance(0.2) ? bytes.subarray(0, int(bytes.length + 1)) : bytes
    },
  }
  return dice
}
