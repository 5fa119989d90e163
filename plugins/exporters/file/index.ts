/**
 * Writes records into a file. Without a queue (the default) an accepted record is one that stands in the file and in the
 * journal; what a receiver sends again after a crash is left out.
 */
import { hash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { CollectorError, definePlugin } from 'seneca-collector'
import { examples } from './examples.ts'
import { check, schema } from './options.ts'
import { Writer } from './writer.ts'

/** Paths being written: two writers of one file would write over each other. */
const open = new Map<string, string>()

export default definePlugin({
  kind: 'exporter',
  type: 'file',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Writes records into a file, each once, with rotation and compression.',
  schema,
  examples,
  check,
  engineDefaults: {
    sending_queue: { enabled: false },
    // A full disk makes everybody wait; nothing is given up.
    retry_on_failure: { initial_interval: '1s', max_elapsed_time: '0s', max_attempts: 0 },
    timeout: '0s',
  },
  create(ctx, options) {
    const path = resolve(ctx.folder, options.path)
    // By id and path: another configuration with the same data directory has a journal of its own.
    const name = `${encodeURIComponent(ctx.id)}-${hash('sha256', path).slice(0, 12)}.journal`
    const journalPath = join(ctx.dataDirectory, 'file', name)
    const writer = new Writer({ path, options, journalPath, clock: ctx.clock, log: ctx.log })
    const written = ctx.meter.counter('seneca_file_written_bytes', { description: 'Bytes written.', unit: 'By' })
    const known = ctx.meter.counter('seneca_file_known_records', {
      description: 'Records that were left out because the file holds them.',
    })
    let cancel: (() => void) | undefined
    let isOpen = false

    return {
      async start() {
        const other = open.get(path)
        if (other !== undefined) {
          throw new CollectorError('start_failed', `${path} is already written by ${other}`)
        }
        try {
          if (options.create_directory) {
            await mkdir(dirname(path), { recursive: true, mode: Number.parseInt(options.directory_permissions, 8) })
          }
          await writer.open()
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          throw new CollectorError('start_failed', `${path} cannot be opened: ${reason}`, { cause: error })
        }
        open.set(path, ctx.id)
        isOpen = true
        if (options.sync === 'interval') {
          cancel = ctx.clock.every(options.flush_interval, () => {
            writer.sync().catch((error: unknown) => ctx.log.error('could not sync', { path, reason: String(error) }))
          })
        }
      },
      async consume(batch) {
        const before = { ...writer.counts }
        await writer.write(batch)
        written.add(writer.counts.bytes - before.bytes)
        if (writer.counts.duplicates > before.duplicates) known.add(writer.counts.duplicates - before.duplicates)
      },
      async stop() {
        cancel?.()
        await writer.close()
        if (isOpen) open.delete(path)
      },
      inspect: (topic) => (topic === '' ? { path, end: writer.end, ...writer.counts } : undefined),
    }
  },
})
