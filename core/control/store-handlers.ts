/** What a running collector answers about its queues and dead letters on disk. */
import { readFile } from 'node:fs/promises'
import type { Collector } from '../engine/types.ts'
import { CollectorError } from '../kit/errors.ts'
import { nodeDisk } from '../storage/index.ts'
import {
  editLetter,
  none,
  parseLetterId,
  purgeLetters,
  retryLetters,
  together,
  type Done,
  type LetterBox,
} from './dead-letters.ts'
import type { Controlled, ControlHandler } from './handlers.ts'

/** `?id=exporter/x:12` (repeatable), `?component=exporter/x`, or all. */
const eachBox = async (
  { collector }: Controlled,
  query: URLSearchParams,
  work: (box: LetterBox, seqs: ReadonlySet<number> | undefined) => Promise<Done>,
): Promise<Done> => {
  const ids = query.getAll('id').map(parseLetterId)
  const components = query.getAll('component')
  const engine = collector()
  let done = none
  for (const { component, log } of engine.stores().filter(({ kind }) => kind === 'dead_letters')) {
    const own = ids.filter((id) => id.component === component).map(({ seq }) => seq)
    if (ids.length > 0 ? own.length === 0 : components.length > 0 && !components.includes(component)) continue
    done = together(done, await work(boxOf(engine, component, log), ids.length > 0 ? new Set(own) : undefined))
  }
  return done
}

/** One after the other for each component: a letter that is on its way already is not sent a second time. */
const createRetry = (): typeof retryLetters => {
  const last = new Map<string, Promise<unknown>>()
  return (box, seqs) => {
    const next = (last.get(box.component) ?? Promise.resolve()).then(() => retryLetters(box, seqs))
    last.set(
      box.component,
      next.catch(() => {}),
    )
    return next
  }
}

const boxOf = (engine: Collector, component: string, log: LetterBox['log']): LetterBox => ({
  component,
  log,
  disk: nodeDisk,
  send: (pipeline, batch) => engine.resubmit(component, pipeline, batch),
})

const edit = async ({ collector }: Controlled, query: URLSearchParams): Promise<{ readonly id: string }> => {
  const { component, seq } = parseLetterId(query.get('id') ?? '')
  const store = collector()
    .stores()
    .find((one) => one.kind === 'dead_letters' && one.component === component)
  if (!store) throw new CollectorError('not_found', `${component} keeps no dead letters`)
  const file = query.get('file') ?? ''
  const lines = await readFile(file).catch((cause: unknown) => {
    throw new CollectorError('usage', `cannot read file='${file}': ${(cause as Error).message}`, { cause })
  })
  return { id: await editLetter(boxOf(collector(), component, store.log), seq, lines) }
}

export const storeHandlers = (controlled: Controlled, retry = createRetry()): readonly ControlHandler[] => [
  {
    method: 'GET',
    path: '/stores',
    summary: 'Queues and dead letters on disk.',
    handle: () => ({
      json: controlled
        .collector()
        .stores()
        .map(({ kind, component, log: { folder, live, bytes, setAside } }) => ({
          kind,
          component,
          folder,
          entries: live,
          bytes,
          set_aside: setAside,
        })),
    }),
  },
  {
    method: 'POST',
    path: '/dead_letters/retry',
    summary: 'Send dead letters again: ?id=exporter/x:12 (repeatable), ?component=exporter/x, or all.',
    handle: async ({ query }) => ({ json: await eachBox(controlled, query, retry) }),
  },
  {
    method: 'POST',
    path: '/dead_letters/purge',
    summary: 'Throw dead letters away, named as for retry.',
    handle: async ({ query }) => ({ json: await eachBox(controlled, query, purgeLetters) }),
  },
  {
    method: 'POST',
    path: '/dead_letters/edit',
    summary: "Replace a dead letter's records by the envelopes in ?file=; answers its new id.",
    handle: async ({ query }) => ({ json: await edit(controlled, query) }),
  },
]
