/** The sources of one Marcus, opened where it was found, with the positions they go on from. */
import type { Context } from 'seneca-collector'
import type { Places } from './discovery.ts'
import type { Inbox } from './inbox.ts'
import type { Options } from './options.ts'
import { loadFilePositions, loadTablePosition, type TablePosition } from './positions.ts'
import type { FilePosition } from 'seneca-collector/tail'
import type { TableSource } from './sources/boards.ts'
import { createFeed, type Feed } from './sources/feed.ts'
import { openSources, type Sources } from './sources/sources.ts'

const PROBLEMS_MAX = 100

export interface Reading {
  readonly feed: Feed
  readonly sources: Sources
  /** A round begins with all that was read and is not held back: positions are those of this instant. */
  readonly seal: () => void
  /** To be saved with what was derived in the rounds that were sealed. */
  positions(): { readonly files: readonly FilePosition[]; readonly tables: readonly TablePosition[] }
  close(): Promise<void>
}

export interface ReadingOptions {
  readonly places: Places
  readonly inbox: Inbox
  readonly options: Options
  readonly once: boolean
  readonly onRead: () => void | Promise<void>
}

const tableKey = ({ name, database }: TableSource): string => `${name}/${database.path}`

/** Resolves when everything that is there has been read. */
export const openReading = async (
  ctx: Pick<Context, 'clock' | 'storage' | 'log'>,
  { places, inbox, options, once, onRead }: ReadingOptions,
): Promise<Reading> => {
  const backfill = options.mode === 'backfill'
  const sources = openSources(places, inbox.sink, options.include_content, backfill)
  for (const table of sources.tables) {
    const position = backfill ? undefined : loadTablePosition(ctx.storage, tableKey(table))
    if (position !== undefined) table.goOnFrom(position)
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
  let tables: readonly TablePosition[] = []
  const positionOf = (source: TableSource): TablePosition => {
    const held = inbox.queue.firstHeld(source.name)
    const position = held === undefined ? source.position() : { row: held - 1, mark: '' }
    return { table: tableKey(source), position }
  }
  return {
    feed,
    sources,
    seal: () => {
      feed.seal()
      tables = sources.tables.map(positionOf)
    },
    positions: () => ({ files: feed.positions(), tables }),
    close: async () => {
      await feed.stop()
      sources.close()
    },
  }
}
