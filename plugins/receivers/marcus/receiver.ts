/**
 * The receiver: finds Marcus, reads everything it writes, judges it, hands events on.
 *
 *   looking → catching up → following          (live; looking again while no Marcus is found)
 *   reading → ended                            (mode: backfill, or --once)
 *
 * Catching up reads all that is there first and judges it in the order of source time, exactly as a backfill does; from
 * then on what has arrived is judged as it arrives. One round is open at a time.
 */
import type { Component, Context, Infer } from 'seneca-collector'
import { createDomain, type Domain } from './domain/domain.ts'
import { openState } from './domain/state.ts'
import { createTables } from './domain/table.ts'
import { discover, missingPlaces, withheld, type Places } from './discovery.ts'
import { inspectNow } from './inspect.ts'
import { createJudge, type Judge } from './judge.ts'
import { SECOND } from './micros.ts'
import type { Fact, Observation, SourceName } from './observation.ts'
import type { schema } from './options.ts'
import { createPositions, loadFilePositions, loadTablePosition } from './positions.ts'
import { createQueue, HISTORY_MAX, QUEUE_MAX } from './queue.ts'
import { sourceClock } from './source-clock.ts'
import { createFeed, type Feed } from './sources/feed.ts'
import { createPoller, type Poller } from './sources/poller.ts'
import { watchProcesses } from './sources/processes.ts'
import { newCounters, type Counters, type Sink } from './sources/sink.ts'
import { openSources, type Sources } from './sources/sources.ts'

export type Options = Infer<typeof schema>

const LOOK_AGAIN_MS = 2_000
/** Lines written at one moment to several files are judged together. */
const GATHER_MS = 2
/** Our own calls leave traces up to this long after they were made. */
const OWN_TRACE_MS = 5_000
const TOLD_MAX = 100
/** Logs get so long, in the machine's time, to tell of what a row tells. */
const HOLD_MS = 500
/** Right after the start the first log may be found later than the first row. */
const FIRST_HOLD_MS = 3_000
const FIRST_MS = 10_000

const STATE = 'state/'

export const createReceiver = (ctx: Context<'receiver'>, options: Options): Component => {
  const backfill = options.mode === 'backfill'
  const once = backfill || ctx.once
  const tables = createTables(STATE)
  if (!backfill) tables.load(ctx.storage.entries(STATE))
  const domain: Domain = createDomain(openState(tables), {
    instance: options.instance,
    settle: options.settle_ms * 1_000,
    slowAnswer: Math.max(options.answer_ms, options.settle_ms) * 1_000,
    silence: options.silence * 1_000,
    silenceFactor: options.silence_factor,
    restartGrace: options.restart_grace * 1_000,
    includeContent: options.include_content,
  })
  const queue = createQueue()
  const time = sourceClock(ctx.clock, domain.world.single['live'] === true)
  const counters = new Map<SourceName, Counters>()
  const problems: string[] = []
  const processes = watchProcesses()
  const cancels: (() => void)[] = []
  const saved = createPositions()
  const beganAt = performance.now()
  let history = true
  let stopped = false
  let places: Places | undefined
  let feed: Feed | undefined
  let sources: Sources | undefined
  let poller: Poller | undefined
  let rounds: Promise<void> = Promise.resolve()
  let due = false
  let cancelWake = (): void => undefined
  let room = Promise.withResolvers<void>()

  const isOwnTrace = (observation: Observation): boolean => {
    if (observation.kind !== 'tool_failed' || observation.agent !== undefined) return false
    const at = poller?.askedAt(observation.tool)
    return at !== undefined && ctx.clock.now() - at <= OWN_TRACE_MS
  }

  const sink: Sink = {
    push: (observation) => {
      if (!history && observation.untimed !== true && observation.at > queue.newest) time.saw(observation.at)
      if (!isOwnTrace(observation)) queue.push(observation, performance.now())
    },
    counters: (source) => {
      const known = counters.get(source) ?? newCounters()
      counters.set(source, known)
      return known
    },
    now: () => Math.round(time.now()),
    history: () => history,
  }

  const judge: Judge = createJudge(ctx, {
    domain,
    tables,
    positions: backfill ? undefined : () => saved.changes(feed?.take() ?? [], sources?.tables ?? []),
    past: backfill,
  })

  const pushNow = (fact: Fact, ref: string): void => {
    sink.push({ ...fact, at: sink.now(), source: 'mcp', ref })
    wake()
  }

  const round = async (): Promise<void> => {
    due = false
    if (stopped) return
    const now = sink.now()
    domain.world.single['live'] = time.live
    const slack = time.slack()
    // Rows ahead of logs that are still being written wait for them: a moment, or until their time has come.
    const until = time.live ? Infinity : Math.max(queue.newest, now) + options.settle_ms * 1_000
    const first = queue.newest === 0 && performance.now() - beganAt < FIRST_MS
    const readBefore = performance.now() - (first ? FIRST_HOLD_MS : HOLD_MS)
    await judge.run(queue.take(until, readBefore), now - slack, slack)
    room.resolve()
    room = Promise.withResolvers<void>()
  }

  const wake = (): void => {
    if (due || history || stopped) return
    due = true
    cancelWake = ctx.clock.after(GATHER_MS, () => {
      rounds = rounds.then(round).catch(fail)
    })
  }

  const fail = (error: unknown): void => {
    if (stopped) return
    ctx.log.error('the receiver cannot go on', { reason: error instanceof Error ? error.message : String(error) })
    ctx.status.report('failed', error instanceof Error ? error.message : String(error))
  }

  const onRead = (): void | Promise<void> => {
    wake()
    if (queue.size > (history ? HISTORY_MAX : QUEUE_MAX)) return room.promise
    return undefined
  }

  const look = (): Places | undefined => discover({ ...options, base: ctx.folder })

  const open = async (found: Places): Promise<void> => {
    places = found
    sources = openSources(found, sink, options.include_content, backfill)
    for (const table of sources.tables) {
      const position = backfill ? undefined : loadTablePosition(ctx.storage, table.name)
      if (position !== undefined) table.position = position
    }
    feed = createFeed(
      {
        logs: found.logs,
        data: found.data,
        clock: ctx.clock,
        once,
        startAt: backfill ? 'beginning' : options.start_at,
        positions: backfill ? [] : loadFilePositions(ctx.storage),
        includeContent: options.include_content,
        pollIntervalMs: options.poll_interval,
        onRead,
        onProblem: (message) => {
          if (problems.length < TOLD_MAX) problems.push(message)
          ctx.log.warn('a log cannot be read as it should be', { reason: message })
        },
      },
      sink,
    )
    // Rows first: whatever a row tells of, the log's better word is read after it.
    sources.poll()
    await feed.start()
    await feed.caughtUp()
  }

  const readPast = async (found: Places): Promise<void> => {
    await open(found)
    await judge.runPast(queue.take(Infinity, Infinity))
    await close()
    ctx.status.report('ok', `read to the end: ${judge.events} events`)
    ctx.ended()
  }

  const pollAll = (): void => {
    sources?.poll()
    const gone = processes(sources?.files.pids() ?? [])
    for (const pid of gone) sink.push({ kind: 'stopped', pid, at: sink.now(), source: 'services', ref: `pid ${pid}` })
    if (queue.size > 0 || (domain.nextDue() ?? Infinity) <= sink.now() - time.slack()) wake()
  }

  const follow = async (found: Places): Promise<void> => {
    await open(found)
    const newest = queue.newest
    await judge.run(queue.take(newest + 2 * SECOND, Infinity), undefined, time.slack())
    history = false
    if (newest > 0) time.saw(newest)
    processes(sources?.files.pids() ?? [])
    cancels.push(ctx.clock.every(options.poll_interval, pollAll))
    connect(found)
    const missing = missingPlaces(found)
    ctx.status.report('ok', missing.length === 0 ? found.found : `${found.found}; ${missing.join('; ')}`)
    cancels.push(ctx.clock.every(LOOK_AGAIN_MS, () => connect(look() ?? found)))
    wake()
  }

  /** The endpoint may come later, or with another port after a restart. */
  const connect = (found: Places): void => {
    if (stopped || found.endpoint === undefined || options.tools.length === 0) return
    if (poller !== undefined) {
      if (found.endpoint === places?.endpoint) return
      void poller.stop()
    }
    places = { ...(places ?? found), endpoint: found.endpoint, endpointReason: found.endpointReason }
    poller = createPoller(ctx, {
      endpoint: found.endpoint,
      tools: options.tools,
      intervalMs: options.tool_interval,
      timeoutMs: options.tool_timeout,
      push: pushNow,
    })
  }

  const search = (): void => {
    if (stopped) return
    const found = look()
    if (found !== undefined) {
      rounds = rounds.then(() => (once ? readPast(found) : follow(found))).catch(fail)
      return
    }
    if (once) {
      ctx.status.report('degraded', 'no Marcus was found: name its folder with `folder`')
      ctx.ended()
      return
    }
    ctx.status.report('degraded', 'no Marcus found yet: no service file in its home; it is looked for again')
    cancelWake = ctx.clock.after(LOOK_AGAIN_MS, search)
  }

  const close = async (): Promise<void> => {
    for (const cancel of cancels.splice(0)) cancel()
    await poller?.stop()
    await feed?.stop()
    sources?.close()
  }

  return {
    start: () => search(),
    stop: async () => {
      cancelWake()
      await poller?.stop()
      room.resolve()
      await feed?.stop()
      await rounds.catch(() => undefined)
      stopped = true
      await judge
        .save()
        .catch((error: unknown) => ctx.log.warn('the last positions were not saved', { reason: String(error) }))
      await close()
    },
    inspect: (topic) => {
      if (topic === 'now') return inspectNow(domain, sink.now(), poller?.reachable() ?? 'none')
      return {
        found: places?.found ?? null,
        places: places === undefined ? null : { logs: places.logs, data: places.data, home: places.home ?? null },
        missing: places === undefined ? [] : missingPlaces(places),
        endpoint: poller?.status() ?? { endpoint: null, reason: places?.endpointReason ?? 'no Marcus found', withheld },
        sources: Object.fromEntries(counters),
        events: judge.events,
        waiting: queue.size,
        live: time.live,
        problems,
      }
    },
  }
}
