/**
 * Writes header blocks that stand for themselves: what the static table has by its index, all else as it is, nothing that
 * the peer must remember. So the block of an answer is made once and used on every connection.
 */
import { staticTable } from './hpack-table.ts'

/** What comes first on a connection: the peer need keep no table for us, whatever it allows (RFC 7541 §4.2). */
export const NO_TABLE = 0x20

const INDEXED = 0x80

const whole = new Map<string, number>()
const names = new Map<string, number>()
for (const [i, { name, value }] of staticTable.entries()) {
  whole.set(`${name} ${value}`, i + 1)
  if (!names.has(name)) names.set(name, i + 1)
}

/** `value` behind the bits of `pattern`, in what `prefix` leaves and as many bytes as it takes (RFC 7541 §5.1). */
const integer = (out: number[], pattern: number, prefix: number, value: number): void => {
  if (value < prefix) {
    out.push(pattern | value)
    return
  }
  out.push(pattern | prefix)
  let rest = value - prefix
  for (; rest >= 128; rest >>>= 7) out.push((rest & 0x7f) | 0x80)
  out.push(rest)
}

/** Names in lower case; names and values are Latin-1. */
export const encodeFields = (fields: Iterable<readonly [string, string]>): Buffer => {
  const pieces: Buffer[] = []
  for (const [name, value] of fields) {
    const known = whole.get(`${name} ${value}`)
    const head: number[] = []
    if (known !== undefined) {
      integer(head, INDEXED, 0x7f, known)
      pieces.push(Buffer.from(head))
      continue
    }
    const index = names.get(name) ?? 0
    integer(head, 0, 0x0f, index)
    if (index === 0) {
      integer(head, 0, 0x7f, name.length)
      pieces.push(Buffer.from(head), Buffer.from(name, 'latin1'))
      head.length = 0
    }
    integer(head, 0, 0x7f, value.length)
    pieces.push(Buffer.from(head), Buffer.from(value, 'latin1'))
  }
  return Buffer.concat(pieces)
}
