/** The sources of one Marcus, opened where it was found, with the positions they go on from. */
import type { Context } from 'seneca-collector'
import type { Places } from './discovery.ts'
import type { Inbox } from './inbox.ts'
import type { Options } from './options.ts'
import { loadFilePositions, loadTablePosition } from './positions.ts'
import { createFeed, type Feed } from './sources/feed.ts'
import { openSources, type Sources } from './sources/sources.ts'

const PROBLEMS_MAX = 100

export interface Reading {
  readonly feed: Feed
  readonly sources: Sources
  close(): Promise<void>
}

export interface ReadingOptions {
  readonly places: Places
  readonly inbox: Inbox
  readonly options: Options
  readonly once: boolean
  readonly onRead: () => void | Promise<void>
}

/** Resolves when everything that is there has been read. */
export const openReading = async (
  ctx: Pick<Context, 'clock' | 'storage' | 'log'>,
  { places, inbox, options, once, onRead }: ReadingOptions,
): Promise<Reading> => {
  const backfill = options.mode === 'backfill'
  const sources = openSources(places, inbox.sink, options.include_content, backfill)
  for (const table of sources.tables) {
    const position = backfill ? undefined : loadTablePosition(ctx.storage, table.name)
    if (position !== undefined) table.position = position
  }
  const onProblem = (reason: string): void => {
    if (inbox.problems.length < PROBLEMS_MAX) inbox.problems.push(reason)
    ctx.log.warn('a log cannot be read as it should be', { reason })
  }
  const feed = createFeed(
    {
      logs: places.logs,
      data: places.data,
      clock: ctx.clock,
      once,
      startAt: backfill ? 'beginning' : options.start_at,
      positions: backfill ? [] : loadFilePositions(ctx.storage),
      includeContent: options.include_content,
      pollIntervalMs: options.poll_interval,
      onRead,
      onProblem,
    },
    inbox.sink,
  )
  // Rows first: whatever a row tells of, the log's better word is read after it.
  sources.poll()
  await feed.start()
  await feed.caughtUp()
  return {
    feed,
    sources,
    close: async () => {
      await feed.stop()
      sources.close()
    },
  }
}
