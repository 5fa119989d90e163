/** What stands beside an export so that it can be checked later, anywhere: where its chain begins and ends, and a signature. */
import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto'
import { CollectorError } from '../../kit/errors.ts'

export interface Seal {
  readonly events: number
  readonly first_seq: number
  readonly last_seq: number
  /** The hash before the first event. */
  readonly anchor: string
  /** The hash of the last one. */
  readonly head: string
  /** Of the whole file. */
  readonly sha256: string
  readonly exported_at: string
  /** Over everything above, base64. */
  readonly signature?: string
  /** PEM (SPKI). */
  readonly public_key?: string
}

const TEXTS = ['anchor', 'head', 'sha256', 'exported_at'] as const
const NUMBERS = ['events', 'first_seq', 'last_seq'] as const

export const isSeal = (value: unknown): value is Seal => {
  if (typeof value !== 'object' || value === null) return false
  const seal = value as Readonly<Record<string, unknown>>
  const texts = [...TEXTS.map((name) => seal[name]), seal['signature'] ?? '', seal['public_key'] ?? '']
  return texts.every((text) => typeof text === 'string') && NUMBERS.every((name) => Number.isSafeInteger(seal[name]))
}

const signed = ({ events, first_seq, last_seq, anchor, head, sha256, exported_at }: Seal): Buffer =>
  Buffer.from(JSON.stringify([events, first_seq, last_seq, anchor, head, sha256, exported_at]))

const keyFrom = (pem: string, read: (pem: string) => KeyObject, what: string): KeyObject => {
  try {
    return read(pem)
  } catch (error) {
    throw new CollectorError('usage', `this is no ${what} in PEM: ${(error as Error).message}`, { cause: error })
  }
}

/** Ed25519 and Ed448 sign what they are given; others sign its SHA-256. */
const digestFor = (key: KeyObject): 'sha256' | null => (key.asymmetricKeyType?.startsWith('ed') ? null : 'sha256')

export const sealed = (seal: Seal, privateKey: string | undefined): Seal => {
  if (privateKey === undefined) return seal
  const key = keyFrom(privateKey, createPrivateKey, 'private key')
  return {
    ...seal,
    signature: sign(digestFor(key), signed(seal), key).toString('base64'),
    public_key: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
  }
}

/** Undefined when nothing is signed. With a key of the reader's own, that one counts, not the one in the seal. */
export const signatureHolds = (seal: Seal, publicKey: string | undefined): boolean | undefined => {
  const pem = publicKey ?? seal.public_key
  if (seal.signature === undefined || pem === undefined) return publicKey === undefined ? undefined : false
  const key = keyFrom(pem, createPublicKey, 'public key')
  return verify(digestFor(key), signed(seal), key, Buffer.from(seal.signature, 'base64'))
}

export const fileHash = (content: Uint8Array): string => hash('sha256', content, 'hex')
