/**
 * Layouts of time, strptime's and Go's, as one list of tokens and one regular expression made of them. Names of months
 * and days are English, in any case.
 */
type Part =
  | 'year'
  | 'year2'
  | 'month'
  | 'monthName'
  | 'day'
  | 'yearDay'
  | 'hour'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'half'
  | 'weekday'
  | 'offset'
  | 'zoneName'
  | 'epoch'

export type Token = { readonly part: Part } | { readonly literal: string }

export type Fields = Partial<Record<Part, string>>

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const patterns: Readonly<Record<Part, string>> = {
  year: String.raw`[+-]?\d{4}`,
  year2: String.raw`\d{2}`,
  month: String.raw`\d{1,2}`,
  monthName: '[A-Za-z]{3,9}',
  day: String.raw`[ ]?\d{1,2}`,
  yearDay: String.raw`\d{1,3}`,
  hour: String.raw`[ ]?\d{1,2}`,
  hour12: String.raw`[ ]?\d{1,2}`,
  minute: String.raw`\d{1,2}`,
  second: String.raw`\d{1,2}`,
  fraction: String.raw`\d{1,9}`,
  half: '[AaPp][Mm]',
  weekday: '[A-Za-z]{3,9}',
  offset: String.raw`Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?`,
  zoneName: '[A-Z]{1,5}',
  epoch: String.raw`-?\d+`,
}

const directives: Readonly<Record<string, readonly Part[] | string>> = {
  Y: ['year'],
  y: ['year2'],
  m: ['month'],
  o: ['month'],
  q: ['month'],
  b: ['monthName'],
  h: ['monthName'],
  B: ['monthName'],
  d: ['day'],
  e: ['day'],
  g: ['day'],
  j: ['yearDay'],
  H: ['hour'],
  k: ['hour'],
  I: ['hour12'],
  l: ['hour12'],
  M: ['minute'],
  S: ['second'],
  L: ['fraction'],
  f: ['fraction'],
  s: ['fraction'],
  N: ['fraction'],
  p: ['half'],
  P: ['half'],
  a: ['weekday'],
  A: ['weekday'],
  z: ['offset'],
  i: ['offset'],
  w: ['offset'],
  Z: ['zoneName'],
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  c: '%a %b %e %H:%M:%S %Y',
  v: '%e-%b-%Y',
  n: '\n',
  t: '\t',
  '%': '%',
}

export const strptimeTokens = (layout: string): Token[] => {
  const tokens: Token[] = []
  for (let at = 0; at < layout.length; at++) {
    const char = layout.charAt(at)
    if (char !== '%') {
      tokens.push({ literal: char })
      continue
    }
    const name = layout.charAt(++at)
    const directive = directives[name]
    if (directive === undefined) throw new TypeError(`%${name} is no directive of a time layout`)
    if (typeof directive !== 'string') tokens.push(...directive.map((part) => ({ part })))
    else tokens.push(...(directive.length > 1 ? strptimeTokens(directive) : [{ literal: directive }]))
  }
  return tokens
}

/** Longest first where one begins like another. */
const reference: readonly (readonly [text: string, part: Part])[] = [
  ['2006', 'year'],
  ['January', 'monthName'],
  ['Jan', 'monthName'],
  ['Monday', 'weekday'],
  ['Mon', 'weekday'],
  ['MST', 'zoneName'],
  ['Z07:00:00', 'offset'],
  ['Z070000', 'offset'],
  ['Z07:00', 'offset'],
  ['Z0700', 'offset'],
  ['Z07', 'offset'],
  ['-07:00:00', 'offset'],
  ['-070000', 'offset'],
  ['-07:00', 'offset'],
  ['-0700', 'offset'],
  ['-07', 'offset'],
  ['002', 'yearDay'],
  ['01', 'month'],
  ['02', 'day'],
  ['03', 'hour12'],
  ['04', 'minute'],
  ['05', 'second'],
  ['06', 'year2'],
  ['15', 'hour'],
  ['PM', 'half'],
  ['pm', 'half'],
  ['_2', 'day'],
  ['1', 'month'],
  ['2', 'day'],
  ['3', 'hour12'],
  ['4', 'minute'],
  ['5', 'second'],
]

export const gotimeTokens = (layout: string): Token[] => {
  const tokens: Token[] = []
  for (let at = 0; at < layout.length;) {
    const fraction = /^[.,](?:0+|9+)(?!\d)/.exec(layout.slice(at))
    if (fraction !== null) {
      tokens.push({ literal: layout.charAt(at) }, { part: 'fraction' })
      at += fraction[0].length
      continue
    }
    const found = reference.find(([text]) => layout.startsWith(text, at))
    tokens.push(found === undefined ? { literal: layout.charAt(at) } : { part: found[1] })
    at += found === undefined ? 1 : found[0].length
  }
  if (!tokens.some((token) => 'part' in token)) throw new TypeError(`${layout} holds nothing of a time`)
  return tokens
}

const escape = (char: string): string => char.replace(/[.*+?^${}()|[\]\\/]/, String.raw`\$&`)

/** The answer tells the fields of a text, or undefined when it is not of the layout. A part that stands twice counts once. */
export const compileLayout = (tokens: readonly Token[]): ((text: string) => Fields | undefined) => {
  const seen = new Set<Part>()
  let source = ''
  for (const [index, token] of tokens.entries()) {
    if ('literal' in token) {
      // A fraction that is not there takes its point with it.
      const next = tokens[index + 1]
      const optional = next !== undefined && 'part' in next && next.part === 'fraction' && /[.,]/.test(token.literal)
      source += optional ? `(?:[.,](?=\\d))?` : escape(token.literal)
      continue
    }
    const { part } = token
    const body = part === 'fraction' ? `(?:${patterns[part]})?` : `(?:${patterns[part]})`
    source += seen.has(part) ? body : `(?<${part}>${body})`
    seen.add(part)
  }
  const pattern = new RegExp(`^\\s*${source}\\s*$`, 'u')
  return (text) => pattern.exec(text)?.groups
}

const offsetMs = (text: string): number => {
  if (text === 'Z') return 0
  const digits = text.slice(1).replaceAll(':', '')
  const seconds =
    Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4) || 0) * 60 + Number(digits.slice(4, 6) || 0)
  return (text.startsWith('-') ? -1 : 1) * seconds * 1000
}

/** How far the zone's clock is ahead of UTC at that moment. */
const zoneOffsetMs = (utcMs: number, zone: string | undefined): number => {
  if (zone === 'UTC') return 0
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(utcMs)
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  return (
    Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) -
    Math.floor(utcMs / 1000) * 1000
  )
}

const yearOf = (fields: Fields): number => {
  if (fields.year !== undefined) return Number(fields.year)
  if (fields.year2 === undefined) return new Date().getUTCFullYear()
  return Number(fields.year2) + (Number(fields.year2) < 69 ? 2000 : 1900)
}

const monthOf = (fields: Fields): number => {
  if (fields.monthName === undefined) return Number(fields.month ?? 1) - 1
  const month = MONTHS.indexOf(fields.monthName.slice(0, 3).toLowerCase())
  if (month < 0) throw new TypeError(`${fields.monthName} is no month`)
  return month
}

const hourOf = (fields: Fields): number => {
  if (fields.hour !== undefined) return Number(fields.hour)
  const hour = Number(fields.hour12 ?? 0) % 12
  return fields.half?.toLowerCase() === 'pm' ? hour + 12 : hour
}

/** Nanoseconds since the epoch. Throws where a field is out of range. */
export const nanosOf = (fields: Fields, zone: string | undefined): bigint => {
  const [month, hour, minute, second] = [
    monthOf(fields),
    hourOf(fields),
    Number(fields.minute ?? 0),
    Number(fields.second ?? 0),
  ]
  const day = fields.yearDay === undefined ? Number(fields.day ?? 1) : Number(fields.yearDay)
  const local = new Date(0)
  local.setUTCFullYear(yearOf(fields), fields.yearDay === undefined ? month : 0, day)
  local.setUTCHours(hour, minute, second)
  const fits = fields.yearDay !== undefined || (local.getUTCMonth() === month && local.getUTCDate() === day)
  if (!fits || hour > 23 || minute > 59 || second > 60) throw new TypeError('a part of the time is out of range')
  const wall = local.getTime()
  const isUtc = fields.zoneName === 'UTC' || fields.zoneName === 'GMT' || fields.zoneName === 'Z'
  const offset =
    fields.offset === undefined
      ? isUtc
        ? 0
        : zoneOffsetMs(wall - zoneOffsetMs(wall, zone), zone)
      : offsetMs(fields.offset)
  return BigInt(wall - offset) * 1_000_000n + BigInt((fields.fraction ?? '').padEnd(9, '0').slice(0, 9) || 0)
}
