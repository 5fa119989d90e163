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

/** A peer that connected says something within this. */
const FIRST_BYTES_MS = 10_000
/** A peer that was told that it is wrong here may read that for so long. */
const GOODBYE_MS = 2_000
const HTTP1_ANSWER = 'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n'

export interface FrontOptions {
  readonly clock: Clock
  readonly maxConnections: number
  /** What the server behind it speaks. */
  readonly expects: Exclude<Spoken, 'unknown'>
  /** Takes a connection over whose first bytes are what was expected; they can be read once more. */
  readonly accept: (socket: Socket) => void
  /** The sentence for a peer that speaks something else, which it is sent where it can read it. */
  readonly explain: (spoken: Spoken, peer: string) => string
  /** `maxConnections` are open; one more was closed. */
  readonly onFull: () => void
}

export interface Front {
  listen(endpoint: string): Promise<string>
  /** Nobody comes in any more; who is in stays. Resolves when all have gone. */
  close(): Promise<void>
  /** Cuts every connection. */
  cut(): void
}

export const createFront = (options: FrontOptions): Front => {
  const { clock, expects } = options
  const sockets = new Set<Socket>()
  /** Those that have not said enough yet, and those that were told to go. */
  const waiting = new Set<Socket>()

  const refuse = (socket: Socket, spoken: Spoken): void => {
    const sentence = options.explain(spoken, socket.remoteAddress ?? 'a peer')
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
  const look = (socket: Socket): void => {
    const tooSlow = clock.after(FIRST_BYTES_MS, () => socket.destroy())
    let seen: Buffer = Buffer.alloc(0)
    const read = (): void => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      const spoken = spokenIn(seen)
      if (spoken === undefined) return
      decided()
      socket.off('readable', read)
      socket.unshift(seen)
      if (spoken === expects) options.accept(socket)
      else refuse(socket, spoken)
    }
    const decided = (): void => {
      tooSlow()
      waiting.delete(socket)
    }
    waiting.add(socket)
    socket.once('close', decided)
    socket.on('readable', read)
  }

  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
    look(socket)
  })
  server.maxConnections = options.maxConnections
  server.on('drop', options.onFull)
  return {
    listen: (endpoint) => listenOn(server, endpoint),
    close: () => {
      for (const socket of waiting) socket.destroy()
      return server.listening ? new Promise((resolve) => server.close(() => resolve())) : Promise.resolve()
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}
