/** Hashes, encodings and ids. */
import { decoderFor, encodeBase64 } from '../go/encodings.ts'
import { fnv64a, murmur128, murmur32 } from '../go/hash.ts'
import { xxh128, xxh3 } from '../go/xxh3.ts'
import { int64 } from '../numbers.ts'
import { Failure, Id, isBytes, typeName } from '../values.ts'
import { define, ofString } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

/** An id from its bytes or from its hexadecimal digits. */
const idFrom = (kind: 'trace' | 'span', bytes: Uint8Array = new Uint8Array()): Id => {
  const size = kind === 'trace' ? 16 : 8
  if (bytes.length === size) return new Id(kind, Buffer.from(bytes).toString('hex'))
  if (bytes.length !== size * 2)
    throw new Failure(`a ${kind} id has ${size} bytes or ${size * 2} hexadecimal digits, not ${bytes.length}`)
  const digits = Buffer.from(bytes).toString('latin1')
  if (!/^[0-9a-fA-F]*$/.test(digits)) throw new Failure(`${JSON.stringify(digits)} is not hexadecimal`)
  return new Id(kind, digits.toLowerCase())
}

const id = (name: string, kind: 'trace' | 'span'): FunctionSpec =>
  define(name, { Target: 'bytesLike' }, ({ Target }) => {
    if (Target.literal === undefined) return (run) => idFrom(kind, Target.get(run))
    const fixed = idFrom(kind, Target.literal.value)
    return () => fixed
  })

export const hashes: readonly FunctionSpec[] = [
  ofString('FNV', 'Target', (text) => int64(fnv64a(text))),
  ofString('XXH3', 'Target', xxh3),
  ofString('XXH128', 'Target', xxh128),
  ofString('Murmur3Hash', 'Target', murmur32),
  ofString('Murmur3Hash128', 'Target', murmur128),
  define(
    'Hex',
    { Target: 'bytesLike' },
    ({ Target }) =>
      (run) =>
        Buffer.from(Target.get(run) ?? []).toString('hex'),
  ),
  define('Base64Encode', { Target: 'string', Variant: 'string?' }, ({ Target, Variant }) => (run) => {
    const text = Target.get(run)
    return encodeBase64(text, Variant?.get(run) ?? 'base64')
  }),
  define('Decode', { Target: 'any', Encoding: 'string' }, ({ Target, Encoding }) => {
    const fixed = Encoding.literal && decoderFor(Encoding.literal.value)
    return (run) => {
      const value = Target.get(run)
      const decode = fixed ?? decoderFor(Encoding.get(run))
      if (typeof value === 'string') return decode(Buffer.from(value))
      if (isBytes(value)) return decode(value)
      throw new Failure(`Decode takes a string or bytes, not a ${typeName(value)}`)
    }
  }),
  id('TraceID', 'trace'),
  id('SpanID', 'span'),
]
