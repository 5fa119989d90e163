/**
 * The receiver: finds Marcus, reads everything it writes, judges it, hands events on.
 *
 *   looking → catching up → following          (live; looking again while no Marcus is found)
 *   reading → ended                            (mode: backfill, or --once)
 *
 * Catching up reads all that is there first and judges it in the order of source time, exactly as a backfill does; from
 * then on what has arrived is judged as it arrives. One round is open at a time.
 */
import type { Component, Context } from 'seneca-collector'
import { createDomain, type Domain } from './domain/domain.ts'
import { openState } from './domain/state.ts'
import { createTables } from './domain/table.ts'
import { discover, isAlive, missingPlaces, type Places } from './discovery.ts'
import { createEndpoint } from './endpoint.ts'
import { createInbox } from './inbox.ts'
import { inspectNow, inspectStatus } from './inspect.ts'
import { createJudge } from './judge.ts'
import { latestBoot } from './domain/system.ts'
import { isStampedHere } from './last-stamp.ts'
import { createLookout } from './lookout.ts'
import { SECOND } from './micros.ts'
import type { Options } from './options.ts'
import { createPositions } from './positions.ts'
import { noteBoard } from './note-board.ts'
import { openReading, type Reading } from './reading.ts'
import { createRounds } from './rounds.ts'
import { watchProcesses } from './sources/processes.ts'

const LOOK_AGAIN_MS = 2_000
const STATE = 'state/'
const NOT_FOUND = 'no Marcus found: no service file in its home names one; name its folder with `folder`'

/** The rules with the state they go on from, and how that is saved with the positions of what has been read. */
const openRules = (ctx: Context<'receiver'>, options: Options, reading: () => Reading | undefined) => {
  const backfill = options.mode === 'backfill'
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
  const saved = createPositions()
  const positions = backfill
    ? undefined
    : () => {
        const positions = reading()?.positions()
        return positions === undefined ? [] : saved.changes(positions.files, positions.tables)
      }
  const judge = createJudge(ctx, { domain, tables, positions, past: backfill })
  return { domain, judge }
}

const openParts = (ctx: Context<'receiver'>, options: Options, reading: () => Reading | undefined) => {
  const { domain, judge } = openRules(ctx, options, reading)
  const endpoint = createEndpoint(ctx, {
    tools: options.tools,
    intervalMs: options.tool_interval,
    timeoutMs: options.tool_timeout,
    push: (fact, ref) => {
      inbox.sink.push({ ...fact, at: inbox.sink.now(), source: 'mcp', ref })
      rounds.wake()
    },
  })
  const live = domain.world.single['live'] === true
  const inbox = createInbox({ clock: ctx.clock, live, isOwnTrace: (observation) => endpoint.isOwnTrace(observation) })
  const rounds = createRounds(ctx, { domain, inbox, judge, settleMs: options.settle_ms, reading })
  return { domain, judge, endpoint, inbox, rounds }
}
type Parts = ReturnType<typeof openParts>

/** Reading one Marcus, and going on with another: what is there first, then what is written. */
const openFollowing = (
  ctx: Context<'receiver'>,
  options: Options,
  { domain, inbox, judge, rounds, endpoint }: Parts,
  held: { reading: Reading | undefined },
) => {
  const { sink, queue } = inbox
  const once = options.mode === 'backfill' || ctx.once
  const goneOf = watchProcesses()

  const open = async (places: Places): Promise<Reading> =>
    (held.reading = await openReading(ctx, { places, inbox, options, once, onRead: rounds.read }))

  /** It may have been quiet for long, or have ended, before anybody looked. */
  const lookAtEnd = (places: Places): void => {
    const pid = latestBoot(domain.world)?.pid
    if (pid === undefined || !isStampedHere(places.logs)) return
    inbox.time.trust()
    const found = { kind: 'stopped', pid, found: true } as const
    if (!isAlive(pid)) sink.push({ ...found, at: sink.now(), source: 'services', ref: `pid ${pid}` })
  }

  const catchUp = async (places: Places): Promise<void> => {
    const { sources, seal } = await open(places)
    const past = queue.take(queue.newest + 2 * SECOND, Infinity)
    seal()
    noteBoard(domain, sources)
    await judge.run(past, undefined, inbox.time.slack())
    inbox.begin()
    goneOf(sources.files.pids())
    lookAtEnd(places)
    ctx.status.report('ok', [places.found, ...missingPlaces(places)].join('; '))
    rounds.wake()
  }

  return {
    once,
    catchUp,
    readPast: async (places: Places): Promise<void> => {
      const opened = await open(places)
      opened.seal()
      await judge.runPast(queue.take(Infinity, Infinity))
      await opened.close()
      ctx.status.report('ok', `read to the end: ${judge.events} events`)
      ctx.ended()
    },
    moveTo: async (places: Places): Promise<void> => {
      ctx.log.info('another Marcus was started; it is followed from now on', { logs: places.logs.join(', ') })
      endpoint.leave()
      await held.reading?.close()
      inbox.lookBack()
      await catchUp(places)
    },
    poll: (): void => {
      const { reading } = held
      if (reading === undefined || sink.history()) return
      reading.sources.poll()
      for (const pid of goneOf(reading.sources.files.pids())) {
        sink.push({ kind: 'stopped', pid, at: sink.now(), source: 'services', ref: `pid ${pid}` })
      }
      rounds.look()
    },
  }
}

export const createReceiver = (ctx: Context<'receiver'>, options: Options): Component => {
  const held: { reading: Reading | undefined } = { reading: undefined }
  const parts = openParts(ctx, options, () => held.reading)
  const { domain, judge, endpoint, inbox, rounds } = parts
  const following = openFollowing(ctx, options, parts, held)
  const cancels: (() => void)[] = []
  let cancelLook = (): void => undefined

  const look = (): Places | undefined => discover({ ...options, base: ctx.folder })
  const lookout = createLookout({
    look,
    endpoint,
    move: (to) => {
      lookout.settle(to)
      rounds.alone(() => following.moveTo(to))
    },
  })
  const lookAround = (): void => {
    if (!inbox.sink.history()) lookout.around()
  }

  const follow = async (found: Places): Promise<void> => {
    await following.catchUp(found)
    lookAround()
    cancels.push(ctx.clock.every(options.poll_interval, following.poll), ctx.clock.every(LOOK_AGAIN_MS, lookAround))
  }

  const search = (): void => {
    const found = look()
    if (found !== undefined) {
      lookout.settle(found)
      rounds.alone(() => (following.once ? following.readPast(found) : follow(found)))
    } else {
      ctx.status.report('degraded', NOT_FOUND)
      if (following.once) ctx.ended()
      else cancelLook = ctx.clock.after(LOOK_AGAIN_MS, search)
    }
  }

  return {
    start: () => search(),
    stop: async () => {
      cancelLook()
      for (const cancel of cancels.splice(0)) cancel()
      await endpoint.stop()
      await rounds.stop()
      await judge.save().catch((error: unknown) => ctx.log.warn('positions were not saved', { reason: String(error) }))
      await held.reading?.close()
    },
    inspect: (topic) =>
      topic === 'now'
        ? inspectNow(domain, inbox.sink.now(), endpoint.state)
        : inspectStatus({ places: lookout.places, inbox, events: judge.events, endpoint: endpoint.status() }),
  }
}
