/**
 * Gathers the header blocks of a connection, one after the other (HEADERS and its CONTINUATION frames), and reads them. A
 * peer that asks for the same again and again sends the same block, so the last one that changed no table is remembered.
 */
import { ConnectionFault, ErrorCode, Flag } from './codes.ts'
import { FieldList } from './fields.ts'
import type { FieldFault, Fields } from './fields.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import { BLOCK_BYTES, CONTINUATIONS_MOST } from './limits.ts'

const PRIORITY_BYTES = 5
const NOTHING = Buffer.alloc(0)

/** A longer block is not worth remembering. */
const REMEMBERED_BYTES = 512

export class HeaderBlocks {
  readonly #decoder = new HpackDecoder()
  readonly #most: number
  #block: Buffer = NOTHING
  #continuations = 0
  #remembered: { readonly block: Buffer; readonly revision: number; readonly fields: Fields } | undefined
  /** Frames of it are still to come. */
  isOpen = false
  id = 0
  /** The stream ends with it. */
  isLast = false
  /** The stream it depends on (RFC 7540 §5.3.1); -1 when that is not said. */
  dependsOn = -1

  /** `most`: bytes of all fields of a request. */
  constructor(most: number) {
    this.#most = most
  }

  begin(id: number, flags: number, payload: Buffer): void {
    let from = 0
    let to = payload.length
    if ((flags & Flag.PADDED) !== 0) {
      if (to === 0) throw new ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, 'a padded frame without padding')
      to -= payload[0]!
      from = 1
    }
    this.dependsOn = -1
    if ((flags & Flag.PRIORITY) !== 0) {
      if (payload.length - from < PRIORITY_BYTES)
        throw new ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, 'HEADERS too short for their priority')
      this.dependsOn = payload.readUInt32BE(from) & 0x7fffffff
      from += PRIORITY_BYTES
    }
    if (from > to) throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, 'more padding than frame')
    this.id = id
    this.isLast = (flags & Flag.END_STREAM) !== 0
    this.isOpen = (flags & Flag.END_HEADERS) === 0
    this.#continuations = 0
    const block = payload.subarray(from, to)
    this.#block = this.isOpen ? Buffer.from(block) : block
  }

  more(flags: number, payload: Buffer): void {
    if (!this.isOpen) throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, 'CONTINUATION of nothing')
    if (++this.#continuations > CONTINUATIONS_MOST || this.#block.length + payload.length > BLOCK_BYTES)
      throw new ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, 'a header block without end')
    this.isOpen = (flags & Flag.END_HEADERS) === 0
    this.#block = Buffer.concat([this.#block, payload])
  }

  /** The fields of a request, once the block is whole. Throws `ConnectionFault` when it cannot be read. */
  request(): Fields | FieldFault {
    const remembered = this.#remembered
    const block = this.#block
    const { revision } = this.#decoder
    if (remembered !== undefined && remembered.revision === revision && block.equals(remembered.block))
      return remembered.fields
    const fields = this.#read().request()
    if (typeof fields === 'object' && block.length <= REMEMBERED_BYTES && this.#decoder.revision === revision)
      this.#remembered = { block: Buffer.from(block), revision, fields }
    return fields
  }

  /** The fields behind a body. */
  trailers(): Fields | FieldFault {
    return this.#read().trailers()
  }

  #read(): FieldList {
    const list = new FieldList(this.#most)
    this.#decoder.decode(this.#block, list.add)
    this.#block = NOTHING
    return list
  }
}
