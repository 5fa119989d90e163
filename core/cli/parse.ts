/**
 * Command lines to verbs, with commander. A wrong command line is one sentence and exit code 2; an unknown verb or option
 * is answered with the nearest. A line that begins with an option is `run`, so `seneca-collector --config x` works.
 */
import { Command, CommanderError, Option } from 'commander'
import { CollectorError } from '../kit/errors.ts'
import { didYouMean } from '../config/suggest.ts'
import { loadVerb, verbs } from './index.ts'
import type { Verb, VerbArguments, VerbOption } from './verb.ts'

interface Invocation {
  readonly verb: Verb
  readonly args: VerbArguments
  readonly debug: boolean
}
export type Parsed = Invocation | { readonly text: string }

const number =
  (name: string) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value))
      throw new CollectorError('usage', `--${name} expects a number, got '${text}'`)
    return value
  }

const optionOf = (name: string, spec: VerbOption): Option => {
  const flag = spec.type === 'boolean' ? `--${name}` : `--${name} <${spec.value ?? 'value'}>`
  const option = new Option(spec.short === undefined ? flag : `-${spec.short}, ${flag}`, spec.description)
  if (spec.choices !== undefined) option.choices([...spec.choices])
  if (spec.type === 'number') option.argParser(number(name))
  if (spec.type === 'strings') {
    option.argParser((text: string, before: unknown) => [...(Array.isArray(before) ? (before as string[]) : []), text])
  }
  if (spec.default !== undefined) option.default(spec.default)
  return option
}

const helpTail = (verb: Verb): string => {
  if (verb.examples === undefined || verb.examples.length === 0) return ''
  const width = Math.max(...verb.examples.map(([line]) => line.length))
  const rows = verb.examples.map(([line, what]) => `  seneca-collector ${line.padEnd(width)}  ${what}`)
  return `\nExamples:\n${rows.join('\n')}\n`
}

const commandOf = (verb: Verb, write: (text: string) => void): Command => {
  const command = new Command(`seneca-collector ${verb.name}`)
    .description(verb.summary)
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: write, writeErr: () => {}, outputError: () => {} })
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', helpTail(verb))
  for (const { name, description } of verb.operands ?? []) command.argument(name, description)
  for (const [name, spec] of Object.entries(verb.options)) command.addOption(optionOf(name, spec))
  if (!Object.hasOwn(verb.options, 'debug')) command.option('--debug', 'print stack traces')
  return command
}

const valuesOf = (verb: Verb, command: Command): Record<string, unknown> => {
  const values: Record<string, unknown> = {}
  for (const [name, spec] of Object.entries(verb.options)) {
    const key = optionOf(name, spec).attributeName()
    const fallback = spec.type === 'boolean' ? false : spec.type === 'strings' ? [] : undefined
    values[name] = command.getOptionValue(key) ?? fallback
  }
  return values
}

/** commander says "error: unknown option '--jsn'\n(Did you mean --json?)"; here it is a sentence. */
const sentence = (error: CommanderError, verb: Verb): string => {
  const text = error.message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)/s, (_all, name: string) => `; did you mean ${name}?`)
  return `${text.replaceAll(/\s*\n\s*/g, ' ')}\nSee 'seneca-collector ${verb.name} --help'.`
}

const parseVerb = (verb: Verb, argv: readonly string[]): Parsed => {
  let text = ''
  const command = commandOf(verb, (part) => (text += part))
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') return { text }
    throw new CollectorError('usage', sentence(error, verb), { cause: error })
  }
  const debug = command.getOptionValue('debug') === true
  return { verb, debug, args: { operands: command.args, options: valuesOf(verb, command) as VerbArguments['options'] } }
}

/** The list of verbs; one that cannot be loaded is shown by name only. */
const overview = async (version: string): Promise<string> => {
  const rows = await Promise.all(
    verbs.map(async (entry) => {
      const summary = await loadVerb(entry).then(
        (verb) => verb.summary,
        () => '(cannot be loaded)',
      )
      return `  ${entry.name.padEnd(14)}${summary}`
    }),
  )
  return `seneca-collector ${version}: watches Marcus and its agents, turns what happens into events and hands them on.

Usage: seneca-collector VERB [options]

Verbs:
${rows.join('\n')}

Options of every verb:
  -h, --help    its options and examples
  --debug       print stack traces
Also: seneca-collector --version
`
}

export const parse = async (argv: readonly string[], version: string): Promise<Parsed> => {
  const [first, ...rest] = argv
  if (first === undefined || first === '-h' || first === '--help' || (first === 'help' && rest.length === 0))
    return { text: await overview(version) }
  if (first === '--version' || first === '-V' || first === 'version') return { text: `${version}\n` }
  const [name, tail] =
    first === 'help' ? [rest[0] ?? '', ['--help']] : first.startsWith('-') ? ['run', argv] : [first, rest]
  const entry = verbs.find((one) => one.name === name)
  if (entry === undefined) {
    const names = verbs.map((one) => one.name)
    const hint = didYouMean(name, names)
    throw new CollectorError('usage', `there is no verb '${name}'; ${hint ?? `the verbs are ${names.join(', ')}`}`)
  }
  return parseVerb(await loadVerb(entry), tail)
}
