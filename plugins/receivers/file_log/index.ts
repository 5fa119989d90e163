/**
 * Reads log files: the tailer finds and follows them, chunks become batches where they lie, deliveries keep the order of
 * each file, checkpoints follow what was taken.
 */
import { CollectorError, type Context, definePlugin, type LogBatch } from 'seneca-collector'
import { type Chunk, createTailer, type Tailer, type TailOptions } from 'seneca-collector/tail'
import { createBatches } from './batches.ts'
import { type Checkpoints, createCheckpoints, loadPositions } from './checkpoints.ts'
import { createDelivery, type Delivery } from './delivery.ts'
import { examples } from './examples.ts'
import { createOperators } from './operators.ts'
import { check, type Options, schema } from './options.ts'

/** Large enough that what a batch costs is little beside its records. */
const CHUNK_BYTES = 1024 * 1024

const isWholeJson = (bytes: Uint8Array): boolean => {
  try {
    JSON.parse(Buffer.from(bytes).toString())
    return true
  } catch {
    return false
  }
}

const multilineOf = (multiline: Options['multiline']): Pick<TailOptions, 'multiline'> => {
  if (multiline === undefined) return {}
  const { line_start_pattern: startPattern, line_end_pattern: endPattern, omit_pattern: omitPattern } = multiline
  return {
    multiline: {
      ...(startPattern === undefined ? {} : { startPattern }),
      ...(endPattern === undefined ? {} : { endPattern }),
      omitPattern,
    },
  }
}

const batchesOf = (ctx: Context<'receiver'>, options: Options): ((chunk: Chunk) => LogBatch) => {
  const invalid = ctx.meter.counter('seneca_file_log_invalid_lines', {
    description: 'Lines that were not of the format.',
  })
  let told = false
  const onInvalid = (reason: string): 'skip' | 'text' => {
    invalid.add(1)
    if (!told) ctx.log.warn('a line is not of the format; more are only counted', { reason })
    told = true
    return options.on_invalid
  }
  const batchOf = createBatches({ ...options, onInvalid })
  const operate = createOperators(options.operators, (reason) => void onInvalid(reason))
  return (chunk) => operate(batchOf(chunk, ctx.clock.nanos()))
}

const tailerFor = (ctx: Context<'receiver'>, options: Options, delivery: Delivery): Tailer =>
  createTailer({
    include: options.include,
    exclude: options.exclude,
    folder: ctx.folder,
    clock: ctx.clock,
    startAt: options.start_at,
    positions: loadPositions(ctx.storage),
    pollIntervalMs: options.poll_interval,
    once: ctx.once,
    fingerprintBytes: options.fingerprint_size,
    chunkBytes: CHUNK_BYTES,
    maxLineBytes: options.max_log_size,
    onLongLine: options.max_log_size_behavior,
    maxOpenFiles: options.max_concurrent_files,
    flushAfterMs: options.force_flush_period,
    ...(options.format === 'text' ? {} : { mayFlush: isWholeJson }),
    ...multilineOf(options.multiline),
    onChunk: (chunk) => delivery.take(chunk),
    onProblem: ({ path, message, kind }) => ctx.log.warn(message, { problem: kind, path }),
  })

const readToEnd = async (ctx: Context, tailer: Tailer, delivery: Delivery, checkpoints: Checkpoints): Promise<void> => {
  await tailer.done
  await delivery.settled()
  await checkpoints.save()
  ctx.ended()
}

export default definePlugin({
  kind: 'receiver',
  type: 'file_log',
  aliases: ['filelog'],
  signals: ['logs'],
  stability: 'beta',
  summary: 'Reads log files as they grow, through rotation and restarts, each line once.',
  schema,
  examples,
  check,
  create(ctx, options) {
    const delivery = createDelivery(ctx, batchesOf(ctx, options), () => checkpoints.touch())
    const tailer = tailerFor(ctx, options, delivery)
    const checkpoints = createCheckpoints({
      storage: ctx.storage,
      clock: ctx.clock,
      positions: () => tailer.positions(),
      onError: (error) =>
        ctx.log.error('positions could not be saved; they are tried again', { reason: String(error) }),
    })
    return {
      async start() {
        await tailer.start()
        // From here on "the end" of a file that was there is a saved place.
        await checkpoints.save()
        const goingOn = ctx.once ? readToEnd(ctx, tailer, delivery, checkpoints) : tailer.done
        goingOn.catch((error: unknown) => ctx.status.report('failed', CollectorError.from(error).message))
      },
      async stop(signal) {
        delivery.close()
        const giveUp = (): void => delivery.abort(signal.reason)
        signal.addEventListener('abort', giveUp, { once: true })
        if (signal.aborted) giveUp()
        await tailer.stop()
        await delivery.settled()
        signal.removeEventListener('abort', giveUp)
        checkpoints.stop()
        await checkpoints.save()
      },
      inspect: (topic) => (topic === '' ? tailer.stats() : topic === 'positions' ? tailer.positions() : undefined),
    }
  },
})
