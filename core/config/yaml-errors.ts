/** The errors of YAML in words a person understands, with what to do. */
import { type Document, visit, type YAMLError } from 'yaml'
import type { Problems } from './problems.ts'
import { type Source, span } from './source.ts'

interface Words {
  readonly message: string
  readonly suggestion?: string
  /** A better place, when the parser noticed too late. */
  readonly at?: number | undefined
}
type Explain = (at: {
  readonly text: string
  readonly start: number
  readonly error: YAMLError
  readonly document: Document.Parsed
}) => Words

const rest = (text: string, at: number): string =>
  text.slice(at, text.indexOf('\n', at) === -1 ? undefined : text.indexOf('\n', at))

/** The text that should have been quoted: to the end of the line, or of its place in `[ … ]`. */
const bare = (text: string, at: number): string => {
  const before = text.slice(text.lastIndexOf('\n', at - 1) + 1, at)
  const line = rest(text, at).trim()
  return /[[{]/.test(before) ? (/^[^,\]}]+/.exec(line)?.[0] ?? line) : line
}

/** Where the last thing before `start` opens that begins with `open` and never ends with `close`. */
const opening = (
  document: Document.Parsed,
  text: string,
  start: number,
  open: string,
  close: string,
): number | undefined => {
  let found: number | undefined
  visit(document, {
    Node: (_key, node) => {
      if (!node.range) return
      const [from, to] = node.range
      if (from < start && text[from] === open && (text[to - 1] !== close || to - 1 === from)) found = from
    },
  })
  return found
}

const indentation: Explain = ({ text, start, error, document }) => {
  const flow = /^Flow (map|sequence)/.exec(error.message)?.[1]
  if (flow === undefined)
    return {
      message: 'this line is indented unlike its neighbours',
      suggestion: 'keys of one map begin in the same column',
    }
  const [open, close] = flow === 'map' ? (['{', '}'] as const) : (['[', ']'] as const)
  return {
    message: `the ${open} is not closed`,
    suggestion: `close it with ${close}`,
    at: opening(document, text, start, open, close),
  }
}

const implicitKey: Explain = ({ text, start }) => {
  const key = rest(text, start).trim()
  const glued = /^([\w./-]+):(\S+)$/.exec(key)
  if (glued === null)
    return { message: `'${key}' is followed by deeper lines but has no colon`, suggestion: `write '${key}:'` }
  return {
    message: `'${key}' is not a key with a value`,
    suggestion: `put a space after the colon: '${glued[1]}: ${glued[2]}'`,
  }
}

const missingCharacter: Explain = ({ text, start, error, document }) => {
  if (text.slice(start - 1, start + 1) === '${' || text.slice(start, start + 2) === '${' || text[start] === '{') {
    return {
      message: 'inside [ … ] and { … } a variable must stand in quotes',
      suggestion: "write ['${env:X}'], or one item a line: - ${env:X}",
    }
  }
  const quote = /closing (["'])quote/.exec(error.message)?.[1]
  if (quote === undefined) return { message: `this is not YAML: ${error.message}` }
  return {
    message: `the quote ${quote} is not closed`,
    suggestion: `end the text with ${quote}`,
    at: opening(document, text, start, quote, quote),
  }
}

const words: Partial<Record<YAMLError['code'], Explain>> = {
  TAB_AS_INDENT: () => ({ message: 'a tab cannot indent YAML', suggestion: 'indent with spaces' }),
  BAD_INDENT: indentation,
  MULTILINE_IMPLICIT_KEY: implicitKey,
  BLOCK_AS_IMPLICIT_KEY: ({ text, start }) => ({
    message: 'a second colon on one line',
    suggestion: `put text with a colon in quotes: '${rest(text, start).trim()}'`,
  }),
  BAD_SCALAR_START: ({ text, start }) => ({
    message: `a text cannot begin with ${text[start]}`,
    suggestion: `put it in quotes: '${bare(text, start)}'`,
  }),
  BAD_DQ_ESCAPE: ({ error }) => ({
    message: `${error.message.replace('Invalid escape sequence', 'there is no escape')} in "double quotes"`,
    suggestion: "put it in 'single quotes', where \\ is an ordinary character",
  }),
  BAD_ALIAS: ({ text, start }) => ({
    message: 'a text cannot begin with *',
    suggestion: `put it in quotes: '${bare(text, start)}'`,
  }),
  MULTIPLE_DOCS: () => ({
    message: 'a second YAML document begins here',
    suggestion: 'remove ---, or put it in a file of its own and give it with another --config',
  }),
  MISSING_CHAR: missingCharacter,
}

/** Errors that stand for themselves; of the others only the first is told, the rest are its echo. */
const independent: ReadonlySet<string> = new Set([
  'TAB_AS_INDENT',
  'BAD_SCALAR_START',
  'BAD_DQ_ESCAPE',
  'MULTIPLE_DOCS',
])

export const tellYamlErrors = (document: Document.Parsed, of: Source, problems: Problems): void => {
  const lines = new Set<number>()
  let echo = false
  for (const error of document.errors) {
    const line = of.text.slice(0, error.pos[0]).split('\n').length
    if (lines.has(line) || (echo && !independent.has(error.code))) continue
    lines.add(line)
    if (!independent.has(error.code)) echo = true
    const explain = words[error.code] ?? ((): Words => ({ message: `this is not YAML: ${error.message}` }))
    const { message, suggestion, at } = explain({ text: of.text, start: error.pos[0], error, document })
    problems.add({ message, suggestion, span: span(of, at ?? error.pos[0], at === undefined ? error.pos[1] : at + 1) })
  }
}
