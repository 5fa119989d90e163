/**
 * Where a text stops being JSON (RFC 8259), as a byte offset. Node's own parser says so only sometimes; this looks again,
 * once the text is known to be broken, in one pass and without building anything.
 */
type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma or end' | 'nothing'

const QUOTE = 34
const BACKSLASH = 92
const SPACE = 32
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const escapes = new Set(Buffer.from('"\\/bfnrtu'))
const inWord = (byte: number): boolean =>
  (byte >= 48 && byte <= 57) ||
  (byte >= 97 && byte <= 122) ||
  (byte >= 65 && byte <= 90) ||
  byte === 43 ||
  byte === 45 ||
  byte === 46
const WORD_MOST = 400

/** The offset after the string that begins at `start`; negative = broken at its complement. */
const afterString = (bytes: Buffer, start: number): number => {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte === QUOTE) return at + 1
    if (byte < SPACE) return ~at
    if (byte !== BACKSLASH) continue
    at++
    if (at >= bytes.length) break
    if (!escapes.has(bytes[at] as number)) return ~at
    if (bytes[at] === 117) {
      if (!/^[0-9a-fA-F]{4}$/.test(bytes.toString('latin1', at + 1, at + 5))) return ~at
      at += 4
    }
  }
  return ~bytes.length
}

const afterWord = (bytes: Buffer, start: number): number => {
  let at = start
  while (at < bytes.length && at - start < WORD_MOST && inWord(bytes[at] as number)) at++
  const word = bytes.toString('latin1', start, at)
  return word === 'true' || word === 'false' || word === 'null' || number.test(word) ? at : ~start
}

/** The first byte that cannot stand there, or the length when it ends too early; undefined when it is JSON. */
export const jsonFault = (bytes: Buffer): number | undefined => {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  const closed = (): void => {
    open.pop()
    expected = open.length === 0 ? 'nothing' : 'comma or end'
  }
  for (let at = 0; ;) {
    while (at < bytes.length && [32, 9, 10, 13].includes(bytes[at] as number)) at++
    if (at >= bytes.length) return expected === 'nothing' ? undefined : bytes.length
    const letter = String.fromCharCode(bytes[at] as number)
    const isValue: boolean = expected === 'value' || expected === 'value or ]'
    if (letter === '{' && isValue) {
      open.push('{')
      expected = 'name or }'
    } else if (letter === '[' && isValue) {
      open.push('[')
      expected = 'value or ]'
    } else if (letter === '}' && (expected === 'name or }' || (expected === 'comma or end' && open.at(-1) === '{')))
      closed()
    else if (letter === ']' && (expected === 'value or ]' || (expected === 'comma or end' && open.at(-1) === '[')))
      closed()
    else if (letter === ',' && expected === 'comma or end') expected = open.at(-1) === '{' ? 'name' : 'value'
    else if (letter === ':' && expected === 'colon') expected = 'value'
    else if (isValue || ((expected === 'name' || expected === 'name or }') && letter === '"')) {
      const next: number = letter === '"' ? afterString(bytes, at) : afterWord(bytes, at)
      if (next < 0) return ~next
      at = next - 1
      expected = isValue ? (open.length === 0 ? 'nothing' : 'comma or end') : 'colon'
    } else return at
    at++
  }
}
