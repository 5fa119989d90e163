/**
 * What is looked for: the built-in rules and those of the options, each with a name that it is counted under.
 *
 * A rule may have a cheap test that says for sure that there is nothing to find, and a check of each match (a credit card's
 * check digit). All patterns are RE2 and run in linear time.
 */
import { compilePattern } from 'seneca-collector/ottl'
import type { Pattern } from 'seneca-collector/ottl'

export interface Rule {
  readonly name: string
  readonly pattern: Pattern
  /** False = the text cannot match. */
  readonly hint: (text: string) => boolean
  /** The part of a match to redact: what is before and after it stays. Undefined = no real match. */
  readonly part: (match: string) => { readonly before: string; readonly secret: string } | undefined
}

const whole: Rule['part'] = (match) => ({ before: '', secret: match })
const always = (): boolean => true

/** Check digit of card numbers. */
const isCard = (match: string): boolean => {
  const digits = match.replaceAll(/\D/g, '')
  let sum = 0
  for (let i = digits.length - 1, double = false; i >= 0; i--, double = !double) {
    const digit = Number(digits[i]) * (double ? 2 : 1)
    sum += digit > 9 ? digit - 9 : digit
  }
  return digits.length >= 13 && digits.length <= 19 && sum % 10 === 0
}

/** Keeps what introduces the secret: `Bearer `, `api_key=`, `https://user:`. */
const afterLead =
  (lead: RegExp): Rule['part'] =>
  (match) => {
    const before = lead.exec(match)?.[0] ?? ''
    return { before, secret: match.slice(before.length) }
  }

interface BuiltIn {
  readonly source: string
  readonly hint: (text: string) => boolean
  readonly part: Rule['part']
}

const digits = /\d(?:[ -]?\d){12}/

const builtIns = {
  email: {
    source: '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*\\.[A-Za-z]{2,24}',
    hint: (text) => text.includes('@'),
    part: whole,
  },
  bearer: {
    source: '(?i)\\b(?:bearer|basic)\\s+[A-Za-z0-9._~+/-]{8,}=*',
    hint: (text) => /bearer|basic/i.test(text),
    part: afterLead(/^\w+\s+/),
  },
  api_key: {
    source:
      '(?i)\\b(?:sk|pk|rk)[-_](?:[a-z]+[-_])*[a-z0-9_-]{16,}|\\bgh[pousr]_[a-z0-9]{20,}|\\bxox[abprs]-[a-z0-9-]{10,}|\\bAKIA[0-9A-Z]{16}\\b|' +
      '\\beyJ[a-z0-9_-]{8,}\\.[a-z0-9_-]{8,}\\.[a-z0-9_-]*|(?:api[-_]?key|access[-_]?key|secret|token|passw(?:or)?d|pwd)["\']?\\s*[:=]\\s*["\']?[^\\s"\',;&]{4,}',
    hint: (text) => /[spr]k[-_]|gh[pousr]_|xox|akia|eyj|key|secret|token|pass|pwd/i.test(text),
    part: afterLead(/^(?:api[-_]?key|access[-_]?key|secret|token|passw(?:or)?d|pwd)["']?\s*[:=]\s*["']?/i),
  },
  private_key: {
    source: '(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)',
    hint: (text) => text.includes('PRIVATE KEY'),
    part: whole,
  },
  url_password: {
    source: '\\b[a-z][a-z0-9+.-]*://[^\\s/:@]*:[^\\s/@]+@',
    hint: (text) => text.includes('://') && text.includes('@'),
    part: (match) => {
      const colon = match.lastIndexOf(':')
      return { before: match.slice(0, colon + 1), secret: match.slice(colon + 1, -1) }
    },
  },
  credit_card: {
    source: '\\b[0-9](?:[ -]?[0-9]){12,18}\\b',
    hint: (text) => digits.test(text),
    part: (match) => (isCard(match) ? { before: '', secret: match } : undefined),
  },
  home_path: {
    source: '(?:/home/|/Users/|[A-Za-z]:\\\\Users\\\\)[^\\s/\\\\:"\',;]+',
    hint: (text) => text.includes('/home/') || text.includes('/Users/') || text.includes('\\Users\\'),
    part: afterLead(/^(?:\/home\/|\/Users\/|[A-Za-z]:\\Users\\)/),
  },
} as const satisfies Record<string, BuiltIn>

export type BuiltInName = keyof typeof builtIns

export const rulesOf = (names: readonly BuiltInName[], blocked: readonly string[]): readonly Rule[] => [
  // Longer secrets first, so that a rule does not see the half of what another took.
  ...(['private_key', 'url_password', 'bearer', 'api_key', 'email', 'credit_card', 'home_path'] as const)
    .filter((name) => names.includes(name))
    .map((name): Rule => ({
      name,
      pattern: compilePattern(builtIns[name].source),
      hint: builtIns[name].hint,
      part: builtIns[name].part,
    })),
  ...blocked.map((source, i): Rule => ({
    name: `blocked_values[${i}]`,
    pattern: compilePattern(source),
    hint: always,
    part: whole,
  })),
]
