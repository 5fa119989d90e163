/** One tool, asked again and again: never twice at once, on the clock, with jitter, and at once when a connection is back. */
import { CollectorError } from 'seneca-collector'
import type { Context, LogBatch } from 'seneca-collector'
import type { McpConnection, ToolAnswer } from 'seneca-collector/mcp'
import type { ToolConfig } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Records } from './records.ts'

interface PollState {
  readonly tool: string
  readonly polls: number
  readonly failures: number
  readonly replaced: number
  readonly lastAt?: string
  readonly lastError?: string
}

export interface Poll {
  /** Runs until the signal aborts, or through one answer when `once`. */
  run(signal: AbortSignal, once: boolean): Promise<void>
  readonly state: PollState
}

export interface PollParts {
  readonly ctx: Context<'receiver'>
  readonly mcp: McpConnection
  readonly records: Records
  readonly outbox: Outbox
  /** The map's statements. */
  readonly mapped: (batch: LogBatch) => LogBatch
  readonly count: (tool: string, outcome: string, seconds: number) => void
}

const FAILED_ANSWERS: ReadonlySet<string> = new Set(['too_large', 'invalid_data', 'plugin_failed'])

interface Tally {
  polls: number
  failures: number
  replaced: number
  lastAt: number | undefined
  lastError: string | undefined
  /** What the last answer was that somebody took. */
  base: string | undefined
}

const stateOf = (tool: string, { polls, failures, replaced, lastAt, lastError }: Tally): PollState => ({
  tool,
  polls,
  failures,
  replaced,
  ...(lastAt === undefined ? {} : { lastAt: new Date(lastAt).toISOString() }),
  ...(lastError === undefined ? {} : { lastError }),
})

/** What becomes of an answer: an error, nothing new, or records for the outbox. */
const taker = ({ records, outbox, mapped }: PollParts, config: ToolConfig, key: string, tally: Tally) => {
  const failed = (message: string, code: string | undefined): void => {
    tally.failures++
    tally.lastError = message
    outbox.push(records.failure(config.name, message, code))
  }
  const take = (answer: ToolAnswer): void => {
    const { failure } = answer
    tally.lastAt = answer.answeredAt
    tally.lastError = failure?.message
    if (failure?.shape === 'is_error' || failure?.shape === 'protocol') return failed(failure.message, failure.code)
    const now = config.changes_only ? JSON.stringify(answer.value) : undefined
    // Back at what was taken last: an answer in between that nobody has taken is no longer true.
    if (now !== undefined && now === tally.base) return outbox.forget(key)
    const batch = mapped(records.answer(answer, config.split))
    if (batch.count === 0) return
    if (outbox.latest(key, batch, () => (tally.base = now))) tally.replaced++
  }
  return { failed, take }
}

export const createPoll = (parts: PollParts, config: ToolConfig, key: string): Poll => {
  const { ctx, mcp, count } = parts
  const tally: Tally = { polls: 0, failures: 0, replaced: 0, lastAt: undefined, lastError: undefined, base: undefined }
  const { failed, take } = taker(parts, config, key, tally)

  /** Errors of the connection are told by the connection; an answer that cannot be used is told here. */
  const ask = async (signal: AbortSignal): Promise<void> => {
    const began = ctx.clock.monotonic()
    const seconds = (): number => (ctx.clock.monotonic() - began) / 1000
    tally.polls++
    try {
      const answer = await mcp.call(config.name, config.arguments, { signal, timeoutMs: config.timeout })
      count(config.name, answer.ok ? 'ok' : 'refused', seconds())
      take(answer)
    } catch (thrown) {
      if (signal.aborted) return
      const error = CollectorError.from(thrown)
      count(config.name, error.code, seconds())
      if (FAILED_ANSWERS.has(error.code)) return failed(error.message, error.code)
      tally.failures++
      tally.lastError = error.message
      ctx.log.debug('a poll got no answer', { tool: config.name, reason: error.message })
    }
  }

  const run: Poll['run'] = async (signal, once) => {
    let due = ctx.clock.monotonic()
    while (!signal.aborted) {
      await mcp.ready(signal)
      await ask(signal)
      if (once) return
      const spread = config.interval * config.jitter * (ctx.random() * 2 - 1)
      due = Math.max(due + config.interval, ctx.clock.monotonic())
      await ctx.clock.sleep(Math.max(0, due + spread - ctx.clock.monotonic()), signal)
    }
  }

  return {
    run: (signal, once) =>
      run(signal, once).catch((thrown: unknown) => {
        if (!signal.aborted)
          ctx.log.error('a poll ended', { tool: config.name, reason: CollectorError.from(thrown).message })
      }),
    get state() {
      return stateOf(config.name, tally)
    },
  }
}
