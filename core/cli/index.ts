/** The table of verbs; each is imported when it is called, so that `--help` and `tap` load no engine. */
import type { Verb } from './verb.ts'

interface Entry {
  readonly name: string
  readonly load: () => Promise<{ readonly verb: unknown }>
}

export const verbs: readonly Entry[] = [
  { name: 'run', load: () => import('./run.ts') },
  { name: 'demo', load: () => import('./demo.ts') },
  { name: 'tap', load: () => import('./tap.ts') },
  { name: 'now', load: () => import('./now.ts') },
  { name: 'backfill', load: () => import('./backfill.ts') },
  { name: 'validate', load: () => import('./validate.ts') },
  { name: 'components', load: () => import('./components.ts') },
  { name: 'schema', load: () => import('./schema.ts') },
  { name: 'print-config', load: () => import('./print-config.ts') },
  { name: 'graph', load: () => import('./graph.ts') },
  { name: 'status', load: () => import('./status.ts') },
  { name: 'stats', load: () => import('./stats.ts') },
  { name: 'new', load: () => import('./new.ts') },
  { name: 'test', load: () => import('./test.ts') },
]

export const loadVerb = async (entry: Entry): Promise<Verb> =>
  (await entry.load()).verb as Verb
