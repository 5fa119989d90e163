/**
 * The Huffman code of HPACK (RFC 7541 §5.2, appendix B), read four bits at a time. The code is canonical (within one length
 * codes grow with their symbols), so its lengths are all of it.
 */
import { ConnectionFault, ErrorCode } from './codes.ts'

/** Bits of each symbol's code: the 256 bytes, then the end of string, which must never be written. */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
]
const END_OF_STRING = 256
/** What is left at the end is the beginning of the end of string: ones, fewer than eight. */
const PADDING_MOST = 7

/** For each node of the tree that is no leaf, its two children: a node (≥ 0), or the complement of a symbol. */
const treeOf = (lengths: readonly number[]): readonly (readonly [number, number])[] => {
  const nodes: [number, number][] = [[0, 0]]
  let code = 0
  let before = 0
  const symbols = lengths.map((_, symbol) => symbol).toSorted((a, b) => lengths[a]! - lengths[b]! || a - b)
  for (const symbol of symbols) {
    const length = lengths[symbol]!
    code = before === 0 ? 0 : (code + 1) * 2 ** (length - before)
    before = length
    let node = 0
    for (let bit = length - 1; bit > 0; bit--) {
      const side = Math.floor(code / 2 ** bit) & 1
      if (nodes[node]![side] === 0) nodes[node]![side] = nodes.push([0, 0]) - 1
      node = nodes[node]![side]!
    }
    nodes[node]![code & 1] = ~symbol
  }
  return nodes
}

const EMITS = 1 << 16
const FAILS = 1 << 17

/** What four bits make of a node, at `node * 16 + bits`: the next node, a symbol (<< 8) when one is complete, and marks. */
const stepsOf = (nodes: readonly (readonly [number, number])[]): Int32Array => {
  const steps = new Int32Array(nodes.length * 16)
  for (let node = 0; node < nodes.length; node++) {
    for (let bits = 0; bits < 16; bits++) {
      let [at, step] = [node, 0]
      for (let bit = 3; bit >= 0; bit--) {
        const next = nodes[at]![(bits >> bit) & 1]!
        at = next < 0 ? 0 : next
        if (next < 0) step |= ~next === END_OF_STRING ? FAILS : EMITS | (~next << 8)
      }
      steps[node * 16 + bits] = step | at
    }
  }
  return steps
}

/** Nodes at which a string may end: the root, and what lies below it by ones alone. */
const endsOf = (nodes: readonly (readonly [number, number])[]): Uint8Array => {
  const ends = new Uint8Array(nodes.length)
  for (let [node, ones] = [0, 0]; ones <= PADDING_MOST; ones++, node = nodes[node]![1]) ends[node] = 1
  return ends
}

interface Tables {
  readonly steps: Int32Array
  readonly ends: Uint8Array
}

let tables: Tables | undefined

/** Made for the first string: 20 ms of a start that most collectors need not spend. */
const tablesOf = (): Tables => {
  const nodes = treeOf(LENGTHS)
  return { steps: stepsOf(nodes), ends: endsOf(nodes) }
}

/** The shortest code has five bits. */
const SHORTEST = 5
let scratch: Buffer = Buffer.allocUnsafeSlow(1024)

/** The string at `from` to `to`, as Latin-1. Throws `ConnectionFault` when it is none. */
export const readHuffman = (bytes: Uint8Array, from: number, to: number): string => {
  tables ??= tablesOf()
  const { steps, ends } = tables
  const most = Math.floor(((to - from) * 8) / SHORTEST)
  if (scratch.length < most) scratch = Buffer.allocUnsafeSlow(most * 2)
  let node = 0
  let length = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!
    const high = steps[node * 16 + (byte >> 4)]!
    if ((high & EMITS) !== 0) scratch[length++] = high >> 8
    const low = steps[(high & 0xff) * 16 + (byte & 15)]!
    if ((low & EMITS) !== 0) scratch[length++] = low >> 8
    if (((high | low) & FAILS) !== 0) throw new ConnectionFault(ErrorCode.COMPRESSION_ERROR, 'an end in a string')
    node = low & 0xff
  }
  if (ends[node] === 0) throw new ConnectionFault(ErrorCode.COMPRESSION_ERROR, 'a string is cut off or badly padded')
  return scratch.toString('latin1', 0, length)
}
