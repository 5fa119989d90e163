/** Bytes → text in the encodings that `Decode` knows: four forms of base64 and what the runtime's tables hold. */
import { Failure } from '../values.ts'
import { textOf } from './text.ts'

type Decoder = (bytes: Uint8Array) => string

const alphabets: Readonly<Record<string, { readonly url: boolean; readonly padded: boolean }>> = {
  base64: { url: false, padded: true },
  'base64-raw': { url: false, padded: false },
  'base64-url': { url: true, padded: true },
  'base64-raw-url': { url: true, padded: false },
}

export const encodeBase64 = (text: string, variant: string): string => {
  const form = Object.hasOwn(alphabets, variant) ? alphabets[variant]! : undefined
  if (form === undefined)
    throw new Failure(`${JSON.stringify(variant)} is none of ${Object.keys(alphabets).join(', ')}`)
  const encoded = Buffer.from(text)
    .toString(form.url ? 'base64url' : 'base64')
    .replace(/=+$/, '')
  return form.padded ? encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=') : encoded
}

/** Line ends are passed over; anything else outside the alphabet, and wrong padding, is an error. */
const decodeBase64 = (bytes: Uint8Array, url: boolean, padded: boolean): string => {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/[\r\n]/g, '')
  const alphabet = url ? /^[A-Za-z0-9_-]*(={0,2})$/ : /^[A-Za-z0-9+/]*(={0,2})$/
  const padding = alphabet.exec(text)?.[1]?.length
  const digits = text.length - (padding ?? 0)
  const fits = padded ? text.length % 4 === 0 : padding === 0 && digits % 4 !== 1
  if (padding === undefined || !fits) throw new Failure('not base64')
  return textOf(Buffer.from(text, url ? 'base64url' : 'base64'))
}

const utf8: Decoder = (bytes) => textOf(bytes)

const named: Readonly<Record<string, Decoder>> = {
  '': utf8,
  'utf-8': utf8,
  utf8,
  'utf-8-raw': utf8,
  'utf8-raw': utf8,
  ascii: utf8,
  'us-ascii': utf8,
  nop: utf8,
  'iso-8859-1': (bytes) => Buffer.from(bytes).toString('latin1'),
  latin1: (bytes) => Buffer.from(bytes).toString('latin1'),
}

const label = (name: string): string => (name === 'utf-16' || name === 'utf16' ? 'utf-16le' : name)

/** Throws a Failure for an encoding that is not known. */
export const decoderFor = (encoding: string): Decoder => {
  const form = Object.hasOwn(alphabets, encoding) ? alphabets[encoding]! : undefined
  if (form !== undefined) return (bytes) => decodeBase64(bytes, form.url, form.padded)
  const name = encoding.toLowerCase()
  if (Object.hasOwn(named, name)) return named[name]!
  try {
    const decoder = new TextDecoder(label(name), { ignoreBOM: true })
    return (bytes) => decoder.decode(bytes)
  } catch {
    throw new Failure(`unsupported encoding ${JSON.stringify(encoding)}`)
  }
}
