/** Strings as Go sees them: bytes of UTF-8. */

/** Unicode white space as Go's `strings.TrimSpace` knows it. */
const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const leading = new RegExp(`^${SPACE}`)
const trailing = new RegExp(`${SPACE}$`)

export const goTrim = (text: string): string => {
  const start = leading.exec(text)?.[0].length ?? 0
  if (start === text.length) return ''
  let end = text.length
  while (end > start && trailing.test(text[end - 1]!)) end--
  return text.slice(start, end)
}

export const byteLength = (text: string): number => Buffer.byteLength(text)

/** Bytes as text; every byte that is not UTF-8 becomes one U+FFFD. */
export const textOf = (bytes: Uint8Array): string => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return text.includes('\ufffd') ? lenientText(bytes) : text
}

const sequenceLength = (bytes: Uint8Array, at: number): number => {
  const first = bytes[at]!
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length < 2) return length
  const second = bytes[at + 1]
  if (second === undefined) return 0
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let i = 2; i < length; i++) if ((bytes[at + i] ?? 0) >> 6 !== 2) return 0
  return length
}

const lenientText = (bytes: Uint8Array): string => {
  let out = ''
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at)
    out += length === 0 ? '\ufffd' : Buffer.from(bytes.subarray(at, at + length)).toString('utf8')
    at += length || 1
  }
  return out
}

export const isRuneStart = (byte: number | undefined): boolean => byte === undefined || byte >> 6 !== 2

const isAscii = (text: string): boolean => byteLength(text) === text.length

/** `text[start:end]` in bytes. */
export const sliceBytes = (text: string, start: number, end: number): string =>
  isAscii(text) ? text.slice(start, end) : textOf(Buffer.from(text).subarray(start, end))
