/**
 * What is said over the socket, one JSON object a text message.
 *
 * Client → server   {"auth":"token"}                                     first, where the server asks for it
 *                   {"subscribe":["agent.*"],"from":17,"filter":"…"}     replaces what was subscribed before
 *                   {"unsubscribe":true}
 * Server → client   an event: its envelope with "seq" in front
 *                   {"type":"hello","seq":16,"oldest":1}                 the newest and the oldest number held
 *                   {"type":"subscribed","patterns":[…],"from":17}
 *                   {"type":"gap","from":5,"to":9,"missed":3,"reason":"slow"}
 *                   {"type":"error","code":"bad_request","message":"…"}
 * Only events have a "seq" and a "timestamp". `from` is the first number wanted; 0 is everything still held, without a
 * gap for what is not. `missed` is how many of the gap the client had asked for, where that can still be known.
 */
export const closeCodes = {
  /** The collector stops. */
  goingAway: 1001,
  /** A message was longer than `max_message_size` (said by the library). */
  tooBig: 1009,
  badRequest: 4400,
  unauthorized: 4401,
  /** Too slow, under `on_slow: disconnect`. */
  tooSlow: 4408,
} as const

export type GapReason = 'slow' | 'evicted' | 'restarted'

export interface Request {
  readonly auth?: string
  readonly subscribe?: readonly string[]
  readonly unsubscribe?: boolean
  readonly from?: number
  readonly filter?: string
}

const PATTERNS_MOST = 64
const FILTER_CHARACTERS = 4_096

/** A mistake of the client's, told to it in words. */
export class BadRequest extends Error {}

const known = new Set(['auth', 'subscribe', 'unsubscribe', 'from', 'filter'])

const patternsOf = (value: unknown): readonly string[] => {
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list) || list.length === 0 || !list.every((one): one is string => typeof one === 'string')) {
    throw new BadRequest('"subscribe" is a pattern or a list of patterns, e.g. ["agent.*", "task.>"]')
  }
  if (list.length > PATTERNS_MOST) throw new BadRequest(`"subscribe" takes at most ${PATTERNS_MOST} patterns`)
  return list
}

const fromOf = (value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new BadRequest('"from" is a sequence number; 0 stands for everything still held')
}

const textOf = (name: string, value: unknown): string => {
  if (typeof value === 'string' && value.length <= FILTER_CHARACTERS) return value
  throw new BadRequest(`"${name}" is a text of at most ${FILTER_CHARACTERS} characters`)
}

/** Reads a client's message; throws `BadRequest`. */
export const readRequest = (text: string): Request => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new BadRequest('a message is a JSON object, e.g. {"subscribe":["agent.*"]}')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new BadRequest('a message is a JSON object, e.g. {"subscribe":["agent.*"]}')
  const fields = json as Readonly<Record<string, unknown>>
  const unknown = Object.keys(fields).find((key) => !known.has(key))
  if (unknown !== undefined) throw new BadRequest(`there is no "${unknown}"; a message has ${[...known].join(', ')}`)
  return {
    ...(fields['auth'] === undefined ? {} : { auth: textOf('auth', fields['auth']) }),
    ...(fields['subscribe'] === undefined ? {} : { subscribe: patternsOf(fields['subscribe']) }),
    ...(fields['unsubscribe'] === true ? { unsubscribe: true } : {}),
    ...(fields['from'] === undefined ? {} : { from: fromOf(fields['from']) }),
    ...(fields['filter'] === undefined ? {} : { filter: textOf('filter', fields['filter']) }),
  }
}

/** The same from a URL: `?subscribe=agent.*,task.*&from=17&filter=…`. A token never stands there. */
export const readQuery = (query: URLSearchParams): Request => {
  const unknown = [...query.keys()].find((key) => key !== 'subscribe' && key !== 'from' && key !== 'filter')
  if (unknown !== undefined)
    throw new BadRequest(`there is no "${unknown}"; the address takes subscribe, from and filter`)
  const patterns = query
    .getAll('subscribe')
    .flatMap((one) => one.split(','))
    .filter((one) => one !== '')
  const from = query.get('from')
  const filter = query.get('filter')
  return {
    ...(patterns.length === 0 ? {} : { subscribe: patternsOf(patterns) }),
    ...(from === null ? {} : { from: fromOf(from === '' ? undefined : Number(from)) }),
    ...(filter === null ? {} : { filter: textOf('filter', filter) }),
  }
}
