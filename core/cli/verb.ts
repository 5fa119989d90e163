/**
 * What a verb of the command line is: data and one function. Each verb stands in a file of its own and is imported when
 * it is called; `core/cli/index.ts` holds the table, parses and prints. A verb writes through `io` only, throws
 * CollectorError (or ConfigError) for what a person should read as a sentence, and answers an exit code.
 */

export interface VerbOption {
  /** `number` and `string` take a value, `strings` may be repeated, `boolean` is a switch. */
  readonly type: 'boolean' | 'string' | 'number' | 'strings'
  readonly description: string
  /** One letter: `-c`. */
  readonly short?: string
  /** What stands for the value in the help: `--config <file>`. */
  readonly value?: string
  readonly default?: boolean | string | number
  readonly choices?: readonly string[]
}
/** Keyed by the long name without dashes: `data-dir`. */
export type VerbOptions = Readonly<Record<string, VerbOption>>

interface ValueOf {
  boolean: boolean
  string: string
  number: number
  strings: readonly string[]
}
/** Switches are false and lists empty when absent; the others undefined, unless they have a default. */
export type OptionValues<O extends VerbOptions> = {
  readonly [K in keyof O]: O[K] extends { readonly choices: readonly (infer C)[] }
    ? O[K] extends { readonly default: string }
      ? C
      : C | undefined
    : O[K] extends { readonly default: boolean | string | number } | { readonly type: 'boolean' | 'strings' }
      ? ValueOf[O[K]['type']]
      : ValueOf[O[K]['type']] | undefined
}

export interface VerbArguments<O extends VerbOptions = VerbOptions> {
  /** In the order of `operands`; a variadic last one takes the rest. */
  readonly operands: readonly string[]
  readonly options: OptionValues<O>
}

export interface Io {
  /** What is piped in; absent when a person sits there. */
  readonly input?: AsyncIterable<Uint8Array>
  /** Text for the person or the next program; resolves when it may go on (a slow pipe is waited for). */
  readonly out: (text: string) => void | Promise<void>
  /** Notes and errors. */
  readonly err: (text: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Aborts on the first SIGINT or SIGTERM: end gracefully. A second one ends the process, unless `onHurry` was called. */
  readonly signal: AbortSignal
  /** What the second signal does: end all waiting, write what must be written. A third one ends the process. */
  readonly onHurry?: (fn: () => void) => void
  /** `out` is a terminal that takes colours (NO_COLOR and FORCE_COLOR are heeded). */
  readonly color: boolean
  /** `out` is a terminal, so lines may be redrawn. */
  readonly terminal: boolean
  /** Asked anew each time: terminals are resized. */
  readonly columns: () => number
  /** `--debug` was given: stack traces are welcome. */
  readonly debug: boolean
}

export interface Verb<O extends VerbOptions = VerbOptions> {
  readonly name: string
  /** One sentence for the list of verbs. */
  readonly summary: string
  /** `<name>` required, `[name]` optional, `[name...]` the rest. */
  readonly operands?: readonly { readonly name: string; readonly description: string }[]
  readonly options: O
  /** Command lines without the program's name, with what they do. */
  readonly examples?: readonly (readonly [line: string, what: string])[]
  run(args: VerbArguments<O>, io: Io): Promise<number>
}

/** Types a verb: `export const verb = defineVerb({ name: 'tap', … })`. */
export const defineVerb = <const O extends VerbOptions>(verb: Verb<O>): Verb<O> => verb

/** Options that several verbs share. */
export const configOptions = {
  config: {
    type: 'strings',
    short: 'c',
    value: 'file',
    description: 'configuration file; repeat it to merge several (default: collector.yaml)',
  },
  set: { type: 'strings', value: 'path=value', description: 'override one value, e.g. exporters.file.path=out.jsonl' },
  'allow-unset': { type: 'boolean', description: 'an unset ${env:X} without a default is empty instead of an error' },
} as const satisfies VerbOptions

export const dataDirOption = {
  'data-dir': {
    type: 'string',
    value: 'folder',
    description: 'where sockets, checkpoints and queues live (default: SENECA_DATA_DIR, else .seneca)',
  },
} as const satisfies VerbOptions

export const jsonOption = {
  json: { type: 'boolean', description: 'print JSON for programs' },
} as const satisfies VerbOptions
