/** Texts and characters as Go's strconv quotes them. */

/** What Go prints as it is: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

export const isPrintable = (character: string): boolean => PRINTABLE.test(character)

const named: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\u000b': '\\v',
  '\\': '\\\\',
}

const escape = (character: string, quote: string, ascii: boolean): string => {
  if (character === quote) return `\\${quote}`
  if (Object.hasOwn(named, character)) return named[character]!
  const code = character.codePointAt(0)!
  if (code < 0x7f ? code >= 0x20 : !ascii && isPrintable(character)) return character
  const hex = code.toString(16)
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`
  return code < 0x1_0000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** `"text"`, or `'x'` with that quote; with `ascii` nothing else stands in it. */
export const quoted = (text: string, quote: '"' | "'", ascii: boolean): string =>
  quote + Array.from(text, (character) => escape(character, quote, ascii)).join('') + quote

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const characterAt = (bytes: Uint8Array, at: number): string | undefined => {
  for (let length = 1; length <= 4; length++) {
    try {
      return strict.decode(bytes.subarray(at, at + length))
    } catch {
      // Not a whole character yet, or none.
    }
  }
  return undefined
}

/** The same of bytes: those that are no UTF-8 are written `\\xff`. */
export const quotedBytes = (bytes: Uint8Array, ascii: boolean): string => {
  let out = ''
  for (let at = 0; at < bytes.length;) {
    const character = characterAt(bytes, at)
    out += character === undefined ? `\\x${bytes[at]!.toString(16)}` : escape(character, '"', ascii)
    at += character === undefined ? 1 : Buffer.byteLength(character)
  }
  return `"${out}"`
}

// oxlint-disable-next-line no-control-regex -- control characters cannot stand in raw quotes
const UNRAW = /[\0-\x08\x0a-\x1f\x7f`\ufeff]/

/** Whether a text can stand between backquotes. */
export const canBackquote = (text: string): boolean => !UNRAW.test(text)
