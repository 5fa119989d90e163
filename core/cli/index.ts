/** The table of verbs; each is imported when it is called, so that `--help` and `tap` load no engine. */
import { type VerbName, verbNames } from './verb-names.ts'
import type { Verb } from './verb.ts'

interface Entry {
  readonly name: VerbName
  readonly load: () => Promise<{ readonly verb: unknown }>
}

const loads: Readonly<Record<VerbName, Entry['load']>> = {
  run: () => import('./run.ts'),
  demo: () => import('./demo.ts'),
  tap: () => import('./tap.ts'),
  now: () => import('./now.ts'),
  backfill: () => import('./backfill.ts'),
  validate: () => import('./validate.ts'),
  components: () => import('./components.ts'),
  schema: () => import('./schema.ts'),
  'print-config': () => import('./print-config.ts'),
  graph: () => import('./graph.ts'),
  reload: () => import('./reload.ts'),
  status: () => import('./status.ts'),
  stats: () => import('./stats.ts'),
  buffer: () => import('./buffer.ts'),
  dlq: () => import('./dlq.ts'),
  query: () => import('./query.ts'),
  follow: () => import('./follow.ts'),
  explain: () => import('./explain.ts'),
  state: () => import('./state.ts'),
  report: () => import('./report.ts'),
  replay: () => import('./replay.ts'),
  store: () => import('./store.ts'),
  audit: () => import('./audit.ts'),
  prove: () => import('./prove.ts'),
  new: () => import('./new.ts'),
  test: () => import('./test.ts'),
  ottl: () => import('./ottl.ts'),
}

export const verbs: readonly Entry[] = verbNames.map((name) => ({ name, load: loads[name] }))

export const loadVerb = async (entry: Entry): Promise<Verb> => (await entry.load()).verb as Verb
