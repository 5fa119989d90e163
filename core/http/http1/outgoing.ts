/**
 * A connection to an HTTP/1.1 server: one request at a time. It is given back to its pool by whoever sent the request; what
 * a server says without being asked ends it.
 */
import type { Socket } from 'node:net'
import type { Reader } from '../read-into.ts'
import { BadAnswer } from './answer-reader.ts'
import type { AnswerReader } from './answer-reader.ts'

const SCRATCH_BYTES = 64 * 1024

/** All connections read into it, one after the other: what is to stay is copied out before the next read. */
let scratch: Buffer | undefined

/** Called once: the answer is there, or why it will not come. */
export type Settle = (error: Error | undefined) => void

export class Outgoing implements Reader {
  #socket: Socket | undefined
  #reader: AnswerReader | undefined
  #settle: Settle | undefined
  #error: Error | undefined
  /** It has served a request before. */
  isKept = false
  isClosed = false
  /** By `performance.now()`: unused for longer, it is no longer to be trusted. */
  expires = 0

  /** What comes from the socket goes to `take`. */
  open(socket: Socket): void {
    this.#socket = socket
    socket.on('end', () => this.#ended())
    socket.on('error', (error) => (this.#error = error))
    socket.once('close', () => this.#closed())
  }

  into(): Buffer {
    scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES)
    return scratch
  }

  take(bytes: Buffer): void {
    const reader = this.#reader
    if (reader === undefined) return this.destroy()
    try {
      if (reader.push(bytes)) this.#done(undefined)
    } catch (error) {
      if (!(error instanceof BadAnswer)) throw error
      this.destroy(new Error(`its answer is no HTTP/1.1: ${error.message}`))
    }
  }

  /** The request is written in one go. */
  send(head: string, pieces: readonly Uint8Array[], reader: AnswerReader, settle: Settle): void {
    this.#reader = reader
    this.#settle = settle
    const socket = this.#socket!
    if (pieces.length === 0) return void socket.write(head, 'latin1')
    socket.cork()
    socket.write(head, 'latin1')
    for (const piece of pieces) socket.write(piece)
    socket.uncork()
  }

  /** Everything of the request has been handed to the system. */
  get isWritten(): boolean {
    return this.#socket!.writableLength === 0
  }

  /** An unused connection keeps no process alive. */
  rest(): void {
    this.#socket!.unref()
  }
  wake(): void {
    this.#socket!.ref()
  }

  destroy(error?: Error): void {
    this.#socket!.destroy(error)
  }

  #done(error: Error | undefined): void {
    const settle = this.#settle
    this.#reader = undefined
    this.#settle = undefined
    settle?.(error)
  }

  #ended(): void {
    if (this.#reader?.end() === true) this.#done(undefined)
    this.destroy()
  }

  #closed(): void {
    this.isClosed = true
    const when = this.#reader?.hasBegun === true ? 'in the middle of its answer' : 'without an answer'
    this.#done(this.#error ?? Object.assign(new Error(`the connection was closed ${when}`), { code: 'ECONNRESET' }))
  }
}
