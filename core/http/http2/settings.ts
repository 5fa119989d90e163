/** SETTINGS (RFC 9113 §6.5): what a peer may ask of us, and what we ask. */
import { ConnectionFault, DEFAULT_FRAME_BYTES, DEFAULT_WINDOW, ErrorCode, MOST, Setting } from './codes.ts'

const PAIR = 6
const FRAME_BYTES_MOST = 2 ** 24 - 1
/** There are six that mean something. */
export const SETTINGS_BYTES = 32 * PAIR

export interface PeerSettings {
  /** What a stream may be sent before its peer asks for more. */
  window: number
  frameBytes: number
}

export const defaultSettings = (): PeerSettings => ({ window: DEFAULT_WINDOW, frameBytes: DEFAULT_FRAME_BYTES })

/** Throws `ConnectionFault` when a value is out of its bounds; what is unknown means nothing. */
export const readSettings = (payload: Buffer, settings: PeerSettings): void => {
  if (payload.length % PAIR !== 0) throw new ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, 'SETTINGS of an odd length')
  for (let at = 0; at < payload.length; at += PAIR) {
    const value = payload.readUInt32BE(at + 2)
    switch (payload.readUInt16BE(at)) {
      case Setting.ENABLE_PUSH:
        if (value > 1) throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, `ENABLE_PUSH is ${value}`)
        break
      case Setting.INITIAL_WINDOW_SIZE:
        if (value > MOST) throw new ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, `INITIAL_WINDOW_SIZE is ${value}`)
        settings.window = value
        break
      case Setting.MAX_FRAME_SIZE:
        if (value < DEFAULT_FRAME_BYTES || value > FRAME_BYTES_MOST)
          throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, `MAX_FRAME_SIZE is ${value}`)
        settings.frameBytes = value
        break
      default:
    }
  }
}

export const settingsOf = (pairs: readonly (readonly [number, number])[]): Buffer => {
  const payload = Buffer.alloc(pairs.length * PAIR)
  for (const [i, [setting, value]] of pairs.entries()) {
    payload.writeUInt16BE(setting, i * PAIR)
    payload.writeUInt32BE(value, i * PAIR + 2)
  }
  return payload
}
