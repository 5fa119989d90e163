/**
 * Standard Webhooks (standardwebhooks.com), symmetric:
 *
 *   webhook-id         the event's id: the same for every attempt, so a receiver can tell a repetition
 *   webhook-timestamp  seconds of the attempt
 *   webhook-signature  "v1," base64(HMAC-SHA256(key, id "." timestamp "." body)); several, with spaces, while keys change
 *
 * A `whsec_` key is base64, as the standard writes it; any other text is used as its UTF-8 bytes.
 */
import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
/** The standard's own bounds for keys. */
const KEY_LEAST = 24
const KEY_MOST = 64

export const keyOf = (secret: string): Buffer =>
  secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret, 'utf8')

/** What is wrong with a key; an error when it cannot be used, a warning when it should not. */
export const keyProblem = (
  secret: string,
): { readonly message: string; readonly severity: 'error' | 'warning' } | undefined => {
  if (secret.startsWith(PREFIX) && !BASE64.test(secret.slice(PREFIX.length))) {
    return { message: 'what follows `whsec_` must be base64', severity: 'error' }
  }
  const { length } = keyOf(secret)
  if (length === 0) return { message: 'the key is empty', severity: 'error' }
  if (length >= KEY_LEAST && length <= KEY_MOST) return undefined
  return {
    message: `the key has ${length} bytes; Standard Webhooks wants ${KEY_LEAST} to ${KEY_MOST}`,
    severity: 'warning',
  }
}

export const sign = (keys: readonly Buffer[], id: string, seconds: number, body: string): string =>
  keys.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`).join(' ')
