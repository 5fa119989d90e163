/** What can be judged by a frame's head alone: which streams it may be of, and how long it may be (RFC 9113 §6). */
import { ConnectionFault, ErrorCode, Flag, FrameType } from './codes.ts'
import { BLOCK_BYTES, FRAME_BYTES } from './limits.ts'
import { SETTINGS_BYTES } from './settings.ts'

interface Rule {
  readonly name: string
  /** Of the connection (stream 0), of a stream, or of either. */
  readonly on: 'connection' | 'stream' | 'either'
  /** The one length it may have. */
  readonly exactly?: number
  readonly least?: number
  /** Longer is no error of the protocol, but more than we take. */
  readonly most?: number
}

/** By type. */
const rules: readonly Rule[] = [
  { name: 'DATA', on: 'stream' },
  { name: 'HEADERS', on: 'stream', most: BLOCK_BYTES },
  { name: 'PRIORITY', on: 'stream', exactly: 5 },
  { name: 'RST_STREAM', on: 'stream', exactly: 4 },
  { name: 'SETTINGS', on: 'connection', most: SETTINGS_BYTES },
  { name: 'PUSH_PROMISE', on: 'stream' },
  { name: 'PING', on: 'connection', exactly: 8 },
  { name: 'GOAWAY', on: 'connection', least: 8, most: BLOCK_BYTES },
  { name: 'WINDOW_UPDATE', on: 'either', exactly: 4 },
  { name: 'CONTINUATION', on: 'stream', most: BLOCK_BYTES },
]

/** False: the type is unknown, and ignored. Throws `ConnectionFault`. */
export const checkFrame = (type: number, flags: number, id: number, length: number): boolean => {
  if (length > FRAME_BYTES)
    throw new ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, `a frame of ${length} bytes is larger than ${FRAME_BYTES}`)
  const rule = rules[type]
  if (rule === undefined) return false
  const { name, on, exactly = length, least = 0, most = length } = rule
  if (type === FrameType.PUSH_PROMISE) throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, 'PUSH_PROMISE of a client')
  if ((on === 'connection' && id !== 0) || (on === 'stream' && id === 0))
    throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, `${name} on stream ${id}`)
  if (length !== exactly || length < least || (type === FrameType.SETTINGS && (flags & Flag.ACK) !== 0 && length > 0))
    throw new ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, `${name} of ${length} bytes`)
  if (length > most)
    throw new ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, `${name} of ${length} bytes; no more than ${most} are taken`)
  return true
}
