/**
 * The door of a server of ours: it looks at a connection's first bytes before the server behind it does, so that a wrong
 * protocol (gRPC at the HTTP port, TLS at a plain one …) gets a sentence instead of a reset, and so does the log.
 *
 * It bounds connections, and the time until one says anything.
 */
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { Clock } from '../kit/clock.ts'
import { spokenIn } from './first-bytes.ts'
import type { Spoken } from './first-bytes.ts'
import { listenOn } from './listen.ts'
import { readInto } from './read-into.ts'
import type { Reader } from './read-into.ts'

/** A peer that connected says something within this. */
const FIRST_BYTES_MS = 10_000
/** A peer that was told that it is wrong here may read that for so long. */
const GOODBYE_MS = 2_000
const HTTP1_ANSWER = 'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n'

type Taker = Pick<Reader, 'take'>

export interface FrontOptions {
  readonly clock: Clock
  readonly maxConnections: number
  /** What the server behind it speaks. */
  readonly expects: Exclude<Spoken, 'unknown'>
  /** Takes a connection over whose first bytes are what was expected; they can be read once more. */
  readonly accept: (socket: Socket) => void
  /**
   * In its stead: takes the first bytes and all that follows, in memory that all connections are read into one after the
   * other (read-into.ts): nothing of it is kept but copies.
   */
  readonly adopt?: (socket: Socket) => Taker
  /** The sentence for a peer that speaks something else, which it is sent where it can read it. */
  readonly explain: (spoken: Spoken, peer: string) => string
  /** `maxConnections` are open; one more was closed. */
  readonly onFull: () => void
}

interface Judged {
  readonly spoken: Spoken
  readonly seen: Buffer
}

/** What is read at once. */
const SCRATCH_BYTES = 64 * 1024
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)

export interface Front {
  listen(endpoint: string): Promise<string>
  /** Nobody comes in any more; who is in stays. Resolves when all have gone. */
  close(): Promise<void>
  /** Cuts every connection. */
  cut(): void
}

/** A peer of another protocol is told so where it can read it, and let go. */
const refuse = (socket: Socket, spoken: Spoken, { clock, explain }: FrontOptions, waiting: Set<Socket>): void => {
  const sentence = explain(spoken, socket.remoteAddress ?? 'a peer')
  if (spoken === 'tls') return void socket.destroy()
  // What it still sends is read away, so that the answer is not lost to a reset.
  socket.resume()
  waiting.add(socket)
  const isOver = clock.after(GOODBYE_MS, () => socket.destroy())
  socket.once('close', () => {
    isOver()
    waiting.delete(socket)
  })
  socket.end(`${HTTP1_ANSWER}content-length: ${Buffer.byteLength(sentence) + 1}\r\n\r\n${sentence}\n`)
}

/** Gathers what a connection says; an answer once it is sure what it speaks. */
const judge = (
  socket: Socket,
  { clock }: FrontOptions,
  waiting: Set<Socket>,
): ((chunk: Buffer) => Judged | undefined) => {
  const tooSlow = clock.after(FIRST_BYTES_MS, () => socket.destroy())
  const decided = (): void => {
    tooSlow()
    waiting.delete(socket)
  }
  let seen: Buffer = Buffer.alloc(0)
  waiting.add(socket)
  socket.once('close', decided)
  return (chunk) => {
    seen = Buffer.concat([seen, chunk])
    const spoken = spokenIn(seen)
    if (spoken === undefined) return undefined
    decided()
    return { spoken, seen }
  }
}

export const createFront = (options: FrontOptions): Front => {
  const { expects, maxConnections, onFull } = options
  const sockets = new Set<Socket>()
  /** Those that have not said enough yet, and those that were told to go. */
  const waiting = new Set<Socket>()
  let whenEmpty: (() => void) | undefined

  const enter = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) whenEmpty?.()
    })
  }
  const look = (socket: Socket): void => {
    enter(socket)
    const judged = judge(socket, options, waiting)
    const read = (): void => {
      const chunk = socket.read() as Buffer | null
      const found = chunk === null ? undefined : judged(chunk)
      if (found === undefined) return
      socket.off('readable', read)
      socket.unshift(found.seen)
      if (found.spoken === expects) options.accept(socket)
      else refuse(socket, found.spoken, options, waiting)
    }
    socket.on('readable', read)
  }
  const adopt = (accepted: Socket, takerOf: (socket: Socket) => Taker): void => {
    if (sockets.size >= maxConnections) {
      accepted.destroy()
      return onFull()
    }
    let taker: Taker = {
      take(bytes) {
        const found = judged!(bytes)
        if (found === undefined) return
        taker = found.spoken === expects ? takerOf(socket!) : { take() {} }
        if (found.spoken === expects) taker.take(found.seen)
        else refuse(socket!, found.spoken, options, waiting)
      },
    }
    const socket = readInto(accepted, { into: () => scratch, take: (bytes) => taker.take(bytes) })
    if (socket !== undefined) enter(socket)
    const judged = socket === undefined ? undefined : judge(socket, options, waiting)
  }

  const { adopt: takerOf } = options
  const server: Server =
    takerOf === undefined
      ? createServer({ noDelay: true }, look)
      : createServer({ noDelay: true, pauseOnConnect: true }, (accepted) => adopt(accepted, takerOf))
  server.maxConnections = maxConnections
  server.on('drop', onFull)
  return {
    listen: (endpoint) => listenOn(server, endpoint),
    close: async () => {
      for (const socket of waiting) socket.destroy()
      if (server.listening) await new Promise<void>((resolve) => void server.close(() => resolve()))
      // Those that were adopted the server counts no more.
      if (sockets.size > 0) await new Promise<void>((resolve) => (whenEmpty = resolve))
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}
