/**
 * Reads header blocks (RFC 7541). Strings are Latin-1. A decoder belongs to one connection, and every block must go through
 * it, what is refused too, as blocks build on what came before them.
 */
import { ConnectionFault, ErrorCode } from './codes.ts'
import { DynamicTable, staticTable } from './hpack-table.ts'
import type { Field } from './hpack-table.ts'
import { readHuffman } from './huffman.ts'

/** What a peer may make us remember: HTTP/2's default, and we announce no other. */
export const TABLE_BYTES = 4_096
/** An integer has its prefix and so many bytes at most; no length or index here needs more. */
const INTEGER_BYTES = 4

const INDEXED = 0x80
const INCREMENTAL = 0x40
const RESIZE = 0x20
const HUFFMAN = 0x80

const wrong = (message: string): ConnectionFault => new ConnectionFault(ErrorCode.COMPRESSION_ERROR, message)

export class HpackDecoder {
  readonly #table: DynamicTable
  readonly #most: number
  /** Changes with the table: the same block means the same while it is the same. */
  revision = 0
  #bytes: Uint8Array = Buffer.alloc(0)
  #at = 0

  constructor(most: number = TABLE_BYTES) {
    this.#most = most
    this.#table = new DynamicTable(most)
  }

  /** Calls back with each field, in order. Throws `ConnectionFault` (COMPRESSION_ERROR). */
  decode(block: Buffer, each: (name: string, value: string) => void): void {
    this.#bytes = block
    this.#at = 0
    let isBegun = false
    while (this.#at < block.length) {
      const first = block[this.#at]!
      if ((first & 0xe0) === RESIZE) {
        if (isBegun) throw wrong('a table is resized within a block')
        this.#resize()
        continue
      }
      isBegun = true
      const field = this.#field(block, first)
      each(field.name, field.value)
    }
  }

  #field(block: Buffer, first: number): Field {
    if (first >= INDEXED) return this.#entry(this.#integer(0x7f))
    const isKept = (first & INCREMENTAL) !== 0
    const index = this.#integer(isKept ? 0x3f : 0x0f)
    const name = index === 0 ? this.#text(block) : this.#entry(index).name
    const field = { name, value: this.#text(block) }
    if (isKept) {
      this.revision++
      this.#table.add(field)
    }
    return field
  }

  #resize(): void {
    const bytes = this.#integer(0x1f)
    if (bytes > this.#most) throw wrong(`a table of ${bytes} bytes is larger than the ${this.#most} allowed`)
    this.revision++
    this.#table.resize(bytes)
  }

  #entry(index: number): Field {
    const field = index <= staticTable.length ? staticTable[index - 1] : this.#table.at(index - staticTable.length - 1)
    if (field === undefined) throw wrong(`there is no entry ${index}`)
    return field
  }

  #integer(prefix: number): number {
    const bytes = this.#bytes
    let value = bytes[this.#at++]! & prefix
    if (value < prefix) return value
    for (let i = 0; i < INTEGER_BYTES; i++) {
      const byte = bytes[this.#at++]
      if (byte === undefined) throw wrong('an integer is cut off')
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) return value
    }
    throw wrong('an integer is too long')
  }

  #text(block: Buffer): string {
    if (this.#at >= block.length) throw wrong('a string is missing')
    const isHuffman = (block[this.#at]! & HUFFMAN) !== 0
    const length = this.#integer(0x7f)
    const from = this.#at
    const to = from + length
    if (to > block.length) throw wrong('a string is cut off')
    this.#at = to
    return isHuffman ? readHuffman(block, from, to) : block.toString('latin1', from, to)
  }
}
