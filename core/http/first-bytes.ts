/** What a peer speaks, from the first bytes it sends: so that a wrong port can be told in words instead of a reset. */
export type Spoken = 'tls' | 'http1' | 'http2' | 'unknown'

const HTTP2 = 'PRI * HTTP/2'
const METHOD = /^[A-Z]{3,12} /
const TLS_HANDSHAKE = 22
const TLS_MAJOR = 3

/** Undefined = too few bytes to tell. */
export const spokenIn = (bytes: Uint8Array): Spoken | undefined => {
  if (bytes.length < 3) return undefined
  if (bytes[0] === TLS_HANDSHAKE && bytes[1] === TLS_MAJOR) return 'tls'
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString('latin1')
  if (text.startsWith(HTTP2.slice(0, text.length))) return 'http2'
  if (METHOD.test(text)) return 'http1'
  return bytes.length < 13 && /^[A-Z]+$/.test(text) ? undefined : 'unknown'
}
