/**
 * Texts of which every match of a pattern contains one, so that a text without any needs no matching: the longest run of
 * plain characters that cannot be left out, or of a choice one for each branch. Wrong never, silent where the pattern is
 * not simple.
 */
interface Scan {
  readonly pattern: string
  at: number
}

export interface Required {
  readonly anyOf: readonly string[]
  /** The one text has to stand at the very start. */
  readonly anchored: boolean
}

/** Thrown by what is not understood: flags, quotes, properties. */
const unsure = Symbol('unsure')

/** More texts than this cost as much as matching. */
const CHOICES_MAX = 40

const GROUP = /^\((?:\?:|\?P?<\w+>|(?!\?))/
const CLASS = /\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]/y
const QUANTIFIER = /(?:([?*+])|\{(\d+)(?:,\d*)?\})[?]?/y

type Choice = readonly string[]

const shortest = (choice: Choice): number => Math.min(...choice.map((text) => text.length))

/** The choice that leaves out most: of long texts, and few. */
const best = (choices: readonly Choice[]): Choice | undefined =>
  choices.toSorted((a, b) => shortest(b) - shortest(a) || a.length - b.length)[0]

/** One item at the reader's place: its text when it is a plain character, the best choice of a group, else nothing. */
const item = (scan: Scan): { readonly text?: string; readonly choice?: Choice | undefined } => {
  const character = String.fromCodePoint(scan.pattern.codePointAt(scan.at)!)
  if (character === '(') {
    const opening = GROUP.exec(scan.pattern.slice(scan.at))
    if (opening === null) throw unsure
    scan.at += opening[0].length
    const choice = alternatives(scan)
    scan.at++
    return { choice }
  }
  if (character === '[') {
    CLASS.lastIndex = scan.at
    const found = CLASS.exec(scan.pattern)
    if (found === null) throw unsure
    scan.at += found[0].length
    return {}
  }
  if (character === '\\') {
    const escaped = scan.pattern[scan.at + 1] ?? ''
    scan.at += 2
    if (/[dDsSwWbBAz]/.test(escaped)) return {}
    if (/[a-zA-Z0-9]/.test(escaped) || escaped === '') throw unsure
    return { text: escaped }
  }
  scan.at += character.length
  if (character === '{' || character === '}') throw unsure
  return '.^$'.includes(character) ? {} : { text: character }
}

/** Items up to `|`, `)` or the end: all that the branch requires. */
const branch = (scan: Scan): readonly Choice[] => {
  const choices: Choice[] = []
  let run = ''
  const end = (): void => {
    if (run !== '') choices.push([run])
    run = ''
  }
  while (scan.at < scan.pattern.length && !'|)'.includes(scan.pattern[scan.at]!)) {
    const { text, choice } = item(scan)
    QUANTIFIER.lastIndex = scan.at
    const quantifier = QUANTIFIER.exec(scan.pattern)
    scan.at += quantifier?.[0].length ?? 0
    const isOptional = quantifier !== null && (quantifier[1] === '?' || quantifier[1] === '*' || quantifier[2] === '0')
    if (text !== undefined && !isOptional) run += text
    if (text === undefined || quantifier !== null) end()
    if (choice !== undefined && !isOptional) choices.push(choice)
  }
  end()
  return choices
}

const alternatives = (scan: Scan): Choice | undefined => {
  const branches = [best(branch(scan))]
  while (scan.pattern[scan.at] === '|') {
    scan.at++
    branches.push(best(branch(scan)))
  }
  if (branches.includes(undefined)) return undefined
  const all = [...new Set(branches.flatMap((choice) => choice ?? []))]
  return all.length > CHOICES_MAX ? undefined : all
}

/** Plain text right after `^`, as far as it is sure to stand there. */
const prefixOf = (pattern: string): string | undefined =>
  pattern.includes('|') ? undefined : /^\^([\w \-/:;,=<>@#%&!"'~`]+)(?![?*{+])/.exec(pattern)?.[1]

export const requiredText = (pattern: string): Required | undefined => {
  const scan: Scan = { pattern, at: 0 }
  let anyOf: Choice | undefined
  try {
    anyOf = alternatives(scan)
  } catch (thrown) {
    if (thrown === unsure) return undefined
    throw thrown
  }
  if (anyOf === undefined || scan.at < pattern.length) return undefined
  const prefix = prefixOf(pattern)
  return prefix === undefined ? { anyOf, anchored: false } : { anyOf: [prefix], anchored: true }
}
