/**
 * What every plugin of a kind must keep, as named checks that any test runner can run:
 *
 *     for (const check of conformance(definition, { folder: import.meta.dirname })) it(check.name, check.run)
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Batch } from '../../model/types.ts'
import { definitionProblems } from '../definition.ts'
import { withoutEngineKeys } from '../engine-keys.ts'
import type { Kind, PluginDefinition } from '../plugin.ts'
import { prepareOptions } from '../prepare.ts'
import type { JsonSchema } from '../schema.ts'
import { check, equal } from './check.ts'
import { flowChecks } from './flow-checks.ts'
import { harness, type Harness, type HarnessEnvironment } from './harness.ts'

export interface ConformanceCheck {
  readonly name: string
  readonly run: () => Promise<void>
}

export interface Prepared {
  /** Instead of the example's own options: a free port, a folder of the test's. */
  readonly options?: unknown
  readonly environment?: HarnessEnvironment
  /** Called when the check is over. */
  readonly cleanUp?: () => void | Promise<void>
}

export interface ConformanceCases {
  /** The plugin's folder, where its README stands; leave it out for a lone file. */
  readonly folder?: string
  /** Makes an example startable on this machine; a text says why it cannot be. */
  readonly prepare?: (options: unknown, title: string) => Prepared | string | Promise<Prepared | string>
  /** Batches of records for processors and connectors; a default is made of twenty events. */
  readonly input?: () => readonly Batch[]
  /** Options of the checks that let records flow; the first example's by default. */
  readonly options?: unknown
  /** It acks before what follows has (rule 7 of the delivery rules), so that a rejection need not come back. */
  readonly acksEarly?: boolean
  /** A connector that makes other records of those it takes, which themselves end there. */
  readonly consumes?: boolean
}

const HOUR_MS = 3_600_000

type Start = (run: (test: Harness) => Promise<void>) => Promise<void>

const definitionChecks = (definition: PluginDefinition, cases: ConformanceCases): ConformanceCheck[] => [
  {
    name: 'is a definition that the loader takes',
    run: async () => equal(definitionProblems(definition), [], 'what is wrong with the definition'),
  },
  {
    name: 'describes every option',
    run: async () =>
      equal(
        Object.entries(definition.schema.properties ?? {}).flatMap(([key, s]) => (s.description ? [] : [key])),
        [],
        'options without a description',
      ),
  },
  {
    name: 'refuses unknown options',
    run: async () => {
      const key = 'no_such_option_of_anybody'
      const { errors } = prepareOptions(definition.schema, { [key]: 1 })
      check(
        errors.some((error) => error.path.includes(key)),
        'an unknown option was accepted',
      )
    },
  },
  {
    name: 'has examples',
    run: async () => check(definition.examples.length > 0, 'there is no example'),
  },
  ...(cases.folder === undefined ? [] : [readmeCheck(definition, cases.folder)]),
]

const readmeCheck = (definition: PluginDefinition, folder: string): ConformanceCheck => ({
  name: 'has a README with its summary, an option table and YAML',
  run: async () => {
    const file = join(folder, 'README.md')
    check(existsSync(file), `there is no ${file}`)
    const text = readFileSync(file, 'utf8')
    for (const part of [definition.summary.replace(/\.$/, ''), '<!-- options -->', '<!-- /options -->', '```yaml'])
      check(text.includes(part), `the README does not hold: ${part}`)
  },
})

/** Starts an example as the case prepares it; does nothing where the case says why it cannot. */
const starter =
  (definition: PluginDefinition, cases: ConformanceCases, title: string, options: unknown): Start =>
  async (run) => {
    const bare = withoutEngineKeys(definition, options)
    const prepared = (await cases.prepare?.(bare, title)) ?? {}
    if (typeof prepared === 'string') return
    try {
      const outputs = definition.kind === 'connector' ? { outputs: ['logs/a', 'logs/b'] } : {}
      const env: HarnessEnvironment = { ...outputs, ...prepared.environment }
      await run(await harness(definition, prepared.options ?? bare, env))
    } finally {
      await prepared.cleanUp?.()
    }
  }

const lifecycleChecks = (title: string, start: Start): ConformanceCheck[] => [
  {
    name: `starts and stops with the example "${title}"`,
    run: () =>
      start(async (test) => {
        equal(test.clock.pending, 0, 'timers that run before start')
        equal(test.batches.length, 0, 'batches handed on before start')
        await test.start()
        await test.stop()
      }),
  },
  {
    name: `is silent after stop with the example "${title}"`,
    run: () =>
      start(async (test) => {
        await test.start()
        await test.stop()
        await test.stop()
        const before = [test.batches.length, test.statuses.length]
        await test.clock.advance(HOUR_MS)
        equal([test.batches.length, test.statuses.length], before, 'calls after stop')
        equal(test.clock.pending, 0, 'timers that run after stop')
      }),
  },
]

/** All checks of a plugin; `run` rejects with a sentence when one is not kept. */
export const conformance = <K extends Kind, S extends JsonSchema>(
  plugin: PluginDefinition<K, S>,
  cases: ConformanceCases = {},
): readonly ConformanceCheck[] => {
  const definition = plugin as unknown as PluginDefinition
  const examples = definition.examples.map(({ title, yaml }) => ({ title, options: parse(yaml) as unknown }))
  const flows = definition.kind === 'processor' || definition.kind === 'connector'
  const first = cases.options ?? examples[0]?.options ?? {}
  return [
    ...definitionChecks(definition, cases),
    ...examples.flatMap(({ title, options }) => lifecycleChecks(title, starter(definition, cases, title, options))),
    ...(flows
      ? flowChecks(starter(definition, cases, examples[0]?.title ?? 'flow', first), {
          input: cases.input,
          acksEarly: cases.acksEarly ?? false,
          consumes: cases.consumes ?? false,
        })
      : []),
  ]
}
