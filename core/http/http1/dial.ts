/** Connections to where a URL leads, plain or under TLS; what was learnt in a handshake shortens the next. */
import { connect, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { nodeTls } from '../../kit/node-http.ts'
import type { TlsOptions } from '../tls.ts'
import { Outgoing } from './outgoing.ts'

/** Unused connections are probed, so that a peer that is gone without a word is noticed. */
const PROBE_MS = 30_000
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

export interface DialOptions {
  readonly tls: TlsOptions | undefined
  readonly lookup: LookupFunction | undefined
}

/** Each call is a new connection; `onClose` is called when it is gone. */
export const createDial = (
  url: URL,
  { tls, lookup }: DialOptions,
): ((onClose: (connection: Outgoing) => void) => Outgoing) => {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? PORTS[url.protocol]! : Number(url.port)
  const where = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: PROBE_MS,
    ...(lookup === undefined ? {} : { lookup }),
  }
  const name = isIP(host) === 0 ? { servername: host } : {}
  let session: Buffer | undefined

  const secure = (connection: Outgoing) => {
    const known = session === undefined ? {} : { session }
    const socket = nodeTls().connect({ ...where, ...name, ALPNProtocols: ['http/1.1'], ...known, ...tls })
    socket.setNoDelay(true)
    socket.on('session', (ticket) => (session = ticket))
    socket.on('data', (bytes) => connection.take(bytes))
    return socket
  }
  const plain = (connection: Outgoing) =>
    connect({
      ...where,
      onread: {
        buffer: connection.into(),
        callback: (length, memory) => {
          const { buffer, byteOffset } = memory
          connection.take(Buffer.from(buffer, byteOffset, length))
          return true
        },
      },
    })
  return (onClose) => {
    const connection = new Outgoing()
    const socket = url.protocol === 'https:' ? secure(connection) : plain(connection)
    connection.open(socket)
    socket.once('close', () => onClose(connection))
    return connection
  }
}
