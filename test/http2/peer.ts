/** A server of bare connections, and a peer that writes its frames by hand, for what no client of good manners sends. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { TlsOptions } from 'node:tls'
import { waitFor } from '../setup/wait-for.ts'
import { fakeClock } from '../../core/kit/testing/fake-clock.ts'
import type { FakeClock } from '../../core/kit/testing/fake-clock.ts'
import { ErrorCode, FRAME_HEAD, FrameType } from '../../core/http/http2/codes.ts'
import { Connection } from '../../core/http/http2/connection.ts'
import type { Exchange } from '../../core/http/http2/exchange.ts'
import { encodeFields } from '../../core/http/http2/hpack-encoder.ts'

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** Frames as they stand on the wire. */
export const frame = (type: number, flags: number, id: number, payload: Uint8Array = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(FRAME_HEAD)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(id, 5)
  return Buffer.concat([head, payload])
}

export const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export const request = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'x'],
] as const

export const block = (more: readonly (readonly [string, string])[] = []): Buffer => encodeFields([...request, ...more])

/** Answers with what it read, and says in trailers how long it was. */
export const echo = (exchange: Exchange): void => {
  const pieces: Buffer[] = []
  let length = 0
  exchange.read({
    data(piece) {
      pieces.push(Buffer.from(piece))
      length += piece.length
    },
    end() {
      exchange.answer(
        encodeFields([[':status', '200']]),
        Buffer.concat(pieces),
        encodeFields([['x-length', String(length)]]),
      )
    },
    gone() {},
  })
}

export interface Serving {
  readonly port: number
  readonly clock: FakeClock
  readonly connections: Connection[]
  readonly faults: string[]
  stop(): Promise<void>
}

interface ServeOptions {
  readonly maxConcurrentStreams?: number
  readonly tls?: TlsOptions | undefined
}

export const serve = async (
  onExchange: (exchange: Exchange) => void = echo,
  { maxConcurrentStreams = 100, tls }: ServeOptions = {},
): Promise<Serving> => {
  const clock = fakeClock()
  const connections: Connection[] = []
  const faults: string[] = []
  const accept = (socket: Socket): void => {
    const onFault = (sentence: string): void => void faults.push(sentence)
    const connection = new Connection(socket, { clock, maxConcurrentStreams, onExchange, onFault })
    connections.push(connection)
    // In memory that is used again, as servers of ours read.
    socket.on('data', (chunk: Buffer) => {
      connection.take(chunk)
      chunk.fill(0xee)
    })
  }
  const server = tls === undefined ? createServer(accept) : createTlsServer({ ...tls, ALPNProtocols: ['h2'] }, accept)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    port: (server.address() as AddressInfo).port,
    clock,
    connections,
    faults,
    stop() {
      for (const connection of connections) connection.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

export interface Got {
  readonly type: number
  readonly flags: number
  readonly id: number
  readonly payload: Buffer
}

const nameOf = (code: number): string =>
  Object.entries(ErrorCode).find(([, value]) => value === code)?.[0] ?? String(code)

export interface Peer {
  readonly socket: Socket
  /** What came, in order. */
  readonly got: readonly Got[]
  readonly isClosed: boolean
  send(...frames: readonly Uint8Array[]): void
  /** The first frame of this kind, once it is there. */
  first(type: number, id?: number): Promise<Got>
  /** How the server judged: `GOAWAY code`, else `RST_STREAM code`, else `closed`. */
  verdict(): Promise<string>
}

/** Says its preface and SETTINGS unless `isSilent`. */
export const dial = (port: number, isSilent = false): Peer => {
  const socket = connect(port, '127.0.0.1')
  const got: Got[] = []
  let rest = Buffer.alloc(0)
  let isClosed = false
  socket.on('error', () => {})
  socket.on('close', () => (isClosed = true))
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      if (rest.length < FRAME_HEAD) return
      const end = FRAME_HEAD + rest.readUIntBE(0, 3)
      if (rest.length < end) return
      got.push({ type: rest[3]!, flags: rest[4]!, id: rest.readUInt32BE(5), payload: rest.subarray(FRAME_HEAD, end) })
      rest = rest.subarray(end)
    }
  })
  if (!isSilent) socket.write(Buffer.concat([PREFACE, frame(FrameType.SETTINGS, 0, 0)]))
  const judged = (): string | undefined => {
    const gone = got.find(({ type }) => type === FrameType.GOAWAY)
    if (gone !== undefined) return `GOAWAY ${nameOf(gone.payload.readUInt32BE(4))}`
    const reset = got.find(({ type }) => type === FrameType.RST_STREAM)
    if (reset !== undefined) return `RST_STREAM ${nameOf(reset.payload.readUInt32BE(0))}`
    return isClosed ? 'closed' : undefined
  }
  return {
    socket,
    got,
    get isClosed() {
      return isClosed
    },
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    first: (type, id) =>
      waitFor(`a frame of type ${type}`, () =>
        got.find((one) => one.type === type && (id === undefined || one.id === id)),
      ),
    verdict: () => waitFor('a verdict', judged),
  }
}
