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

/** Bytes as text; what is not UTF-8 becomes U+FFFD. */
export const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

export const isRuneStart = (byte: number | undefined): boolean => byte === undefined || byte >> 6 !== 2

const isAscii = (text: string): boolean => byteLength(text) === text.length

/** `text[start:end]` in bytes. */
export const sliceBytes = (text: string, start: number, end: number): string =>
  isAscii(text) ? text.slice(start, end) : textOf(Buffer.from(text).subarray(start, end))
