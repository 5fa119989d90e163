/** IP addresses and networks as Go's net package reads them: no leading zeros in IPv4, no zones. */
import { isIP } from 'node:net'

const bytesOfV4 = (text: string): number[] => text.split('.').map(Number)

const bytesOfV6 = (text: string): number[] => {
  const [head, tail] = text.split('::') as [string, string?]
  const words = (part: string | undefined): number[] =>
    part === undefined || part === ''
      ? []
      : part.split(':').flatMap((word) => {
          if (word.includes('.')) return bytesOfV4(word)
          const value = Number.parseInt(word, 16)
          return [value >> 8, value & 255]
        })
  const first = words(head)
  const last = words(tail)
  return [...first, ...Array.from({ length: 16 - first.length - last.length }, () => 0), ...last]
}

/** Four bytes for IPv4 (also when written as `::ffff:1.2.3.4`), else sixteen. */
export const parseIp = (text: string): Uint8Array | undefined => {
  if (text.includes('%')) return undefined
  const version = isIP(text)
  if (version === 0) return undefined
  const bytes = Uint8Array.from(version === 4 ? bytesOfV4(text) : bytesOfV6(text))
  const mapped =
    bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  return mapped ? bytes.subarray(12) : bytes
}

export interface Network {
  readonly bytes: Uint8Array
  readonly bits: number
}

export const parseNetwork = (text: string): Network | undefined => {
  const slash = text.indexOf('/')
  const digits = text.slice(slash + 1)
  const address = text.slice(0, Math.max(0, slash))
  const bytes = parseIp(address)
  if (slash < 0 || bytes === undefined || !/^\d{1,3}$/.test(digits)) return undefined
  const most = address.includes(':') ? 128 : 32
  const bits = Number(digits)
  if (bits > most || (digits.length > 1 && digits.startsWith('0'))) return undefined
  return { bytes, bits: most === 128 && bytes.length === 4 ? Math.max(0, bits - 96) : bits }
}

export const contains = ({ bytes, bits }: Network, address: Uint8Array): boolean => {
  if (bytes.length !== address.length) return false
  for (let i = 0; i * 8 < bits; i++) {
    const mask = bits - i * 8 >= 8 ? 255 : (255 << (8 - (bits - i * 8))) & 255
    if (((bytes[i]! ^ address[i]!) & mask) !== 0) return false
  }
  return true
}
