/**
 * `now`: what is happening this moment, asked of the running collector: each agent with its task and its last sign of
 * life, the open blockers, the project's progress and speed.
 */
import { controlClient, type ControlClient } from '../control/client.ts'
import { dataDirectoryOf } from '../control/data-directory.ts'
import type { ComponentStatus } from '../engine/types.ts'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { dataDirOption, defineVerb, jsonOption, type Io } from './verb.ts'
import { liveScreen } from './view/live-screen.ts'
import { renderNow, type NowView } from './view/now-view.ts'
import { paint } from './view/paint.ts'

const WATCH_MS = 1_000
const ROWS_DEFAULT = 24

interface Seen {
  readonly receiver: string
  readonly view: NowView
}

/** The marcus receivers of the collector; an error that says what there is when there is none. */
const receivers = async (client: ControlClient, wanted: string | undefined): Promise<readonly string[]> => {
  const status = (await client.get('/status')) as { readonly components: readonly ComponentStatus[] }
  const all = status.components.filter(({ kind }) => kind === 'receiver').map(({ id }) => id)
  const marcus = all.filter((id) => id === 'marcus' || id.startsWith('marcus/'))
  const found = wanted === undefined ? marcus : all.filter((id) => id === wanted)
  if (found.length > 0) return found
  const there = `it has ${all.length === 0 ? 'no receivers' : all.join(', ')}`
  throw new CollectorError(
    'not_found',
    wanted === undefined
      ? `the running collector has no marcus receiver, so it knows nothing of agents; ${there}`
      : `the running collector has no receiver '${wanted}'; ${there}`,
  )
}

const look = (client: ControlClient, ids: readonly string[]): Promise<Seen[]> =>
  Promise.all(
    ids.map(async (receiver) => {
      const path = `/inspect/receiver/${encodeURIComponent(receiver)}/now`
      return { receiver, view: (await client.get(path)) as NowView }
    }),
  )

const show = (seen: readonly Seen[], io: Io, all: boolean): string[] =>
  seen.flatMap(({ receiver, view }, index) => [
    ...(index > 0 ? [''] : []),
    ...(seen.length > 1 ? [receiver] : []),
    ...renderNow(view, { columns: io.terminal && io.columns() > 0 ? io.columns() : 120, paint: paint(io.color), all }),
  ])

const wait = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(done, WATCH_MS)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })

export const verb = defineVerb({
  name: 'now',
  summary: 'Show what is happening: agents, their tasks and last signs of life, open blockers, progress.',
  options: {
    watch: { type: 'boolean', short: 'w', description: 'go on showing it, every second' },
    receiver: { type: 'string', value: 'id', description: 'one receiver, when several watch a Marcus' },
    all: { type: 'boolean', description: 'finished projects too' },
    ...jsonOption,
    ...dataDirOption,
  },
  examples: [
    ['now', 'one look'],
    ['now --watch', 'a live table'],
    ["now --json | jq '.agents[] | select(.silent)'", 'who is silent'],
  ],
  async run({ options }, io) {
    const client = controlClient(dataDirectoryOf(options['data-dir'], io))
    const ids = await receivers(client, options.receiver)
    const live = liveScreen({
      write: (text) => void io.out(text),
      terminal: io.terminal,
      columns: io.columns,
      rows: () => process.stdout.rows || ROWS_DEFAULT,
      every: 1,
    })
    for (;;) {
      const seen = await look(client, ids)
      if (options.json) {
        for (const { receiver, view } of seen) await io.out(`${JSON.stringify({ receiver, ...view })}\n`)
      } else if (options.watch) live.picture(show(seen, io, options.all))
      else await io.out(`${show(seen, io, options.all).join('\n')}\n`)
      if (!options.watch || io.signal.aborted) break
      await wait(io.signal)
      if (io.signal.aborted) break
    }
    if (options.watch && !options.json) live.end()
    return exitCode('ok')
  },
})
