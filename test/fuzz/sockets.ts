/** Peers of bare bytes. */
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { systemClock } from 'seneca-collector'
import type { Dice } from './dice.ts'

const PIECES_MOST = 4

export interface Peer {
  readonly socket: Socket
  /** All that came back so far. */
  said(): Buffer
  readonly closed: Promise<void>
}

/** What is kept of an answer. */
const KEPT_BYTES = 256 * 1024

export const openPeer = (to: NetConnectOpts): Promise<Peer> =>
  new Promise((resolve, reject) => {
    const socket = connect(to)
    const chunks: Buffer[] = []
    let size = 0
    const closed = new Promise<void>((done) => socket.once('close', () => done()))
    socket.on('data', (chunk) => {
      if (size < KEPT_BYTES) chunks.push(chunk)
      size += chunk.length
    })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.on('error', () => {})
      resolve({ socket, said: () => Buffer.concat(chunks), closed })
    })
  })

export const addressOf = (text: string): NetConnectOpts => {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}

/** Writes the bytes in one go or in pieces. */
export const writeInPieces = async (dice: Dice, { socket }: Peer, bytes: Buffer): Promise<void> => {
  let rest = bytes
  for (let n = dice.int(PIECES_MOST); n > 0 && rest.length > 1; n--) {
    const at = dice.int(rest.length)
    socket.write(rest.subarray(0, at))
    rest = rest.subarray(at)
    await new Promise(setImmediate)
  }
  socket.write(rest)
}

/** Ends as peers end: in order, half-open, or by a reset. */
export const leave = async (dice: Dice, { socket, closed }: Peer, waitMs: number): Promise<void> => {
  const how = dice.pick(['end', 'reset', 'destroy'] as const)
  if (how === 'end') socket.end()
  await Promise.race([closed, systemClock.sleep(waitMs)])
  if (how === 'reset' && socket.remoteFamily !== undefined) socket.resetAndDestroy()
  else socket.destroy()
}
