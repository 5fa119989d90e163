/**
 * An accepted socket that reads into memory its owner names before each read, instead of into a new buffer of 64 KiB for
 * each: a large body comes straight to where it is kept, and what is looked at and let go costs no memory at all.
 *
 * Node has this for sockets that connect (`onread`, see net.connect), not for those a server accepts. So the accepted one
 * gives up its handle to a new one that has it. The server must be made with `pauseOnConnect`, so that nothing is read before;
 * it counts the connection no more.
 */
import { Socket } from 'node:net'
import type { OnReadOpts, SocketConstructorOpts } from 'node:net'

export interface Reader {
  /** Where the next read may write; asked for after each `take`. */
  into(): Buffer
  /** What was read: the front of what `into` answered. Whose memory that is decides who copies. */
  take(bytes: Buffer): void
}

interface Handled {
  _handle: object | null
}

/** Undefined when its peer has gone already. */
export const readInto = (accepted: Socket, reader: Reader): Socket | undefined => {
  const handled = accepted as unknown as Handled
  const { _handle: handle } = handled
  handled._handle = null
  accepted.destroy()
  if (handle === null) return undefined
  const onread: OnReadOpts = {
    buffer: () => reader.into(),
    callback: (length, memory) => {
      const { buffer, byteOffset } = memory
      reader.take(Buffer.from(buffer, byteOffset, length))
      return true
    },
  }
  return new Socket({ handle, onread, allowHalfOpen: accepted.allowHalfOpen } as SocketConstructorOpts)
}
