/**
 * Any MCP server as a source: tools polled, resources and notifications followed. It only observes: the tools of the
 * configuration are the only ones that can be called, and each call is marked (`_meta["seneca-collector/observer"]`).
 *
 * The connection is kept by core/mcp; its openings, losses and returns are events, and a return says which time was not
 * seen. Answers are states: while nobody takes one, a newer one replaces it, and only what was taken is the base for
 * `changes_only`.
 */
import { CollectorError, definePlugin } from 'seneca-collector'
import type { Context, LogBatch } from 'seneca-collector'
import { connectMcp } from 'seneca-collector/mcp'
import type { McpConnection, McpEvent } from 'seneca-collector/mcp'
import { compileStatements } from 'seneca-collector/ottl'
import { check } from './check.ts'
import { follow } from './follow.ts'
import type { Follower } from './follow.ts'
import { schema } from './options.ts'
import type { Config } from './options.ts'
import { createOutbox } from './outbox.ts'
import type { Outbox } from './outbox.ts'
import { createPoll } from './poll.ts'
import type { Poll } from './poll.ts'
import { recordsOf } from './records.ts'
import type { Records } from './records.ts'
import { targetOf } from './target.ts'

type ReceiverContext = Context<'receiver'>

const mapper = (ctx: ReceiverContext, config: Config): ((batch: LogBatch) => LogBatch) => {
  if (config.map.length === 0) return (batch) => batch
  const program = compileStatements(config.map, {
    errorMode: config.error_mode,
    now: () => ctx.clock.nanos(),
    onError: ({ source, message }) => ctx.log.warn('a statement of map failed', { statement: source, reason: message }),
  })
  return (batch) =>
    batch.edit((draft) => {
      try {
        program.run(draft)
      } catch (thrown) {
        const error = CollectorError.from(thrown)
        ctx.log.warn('a statement of map failed; the answer is dropped', { reason: error.message })
        ctx.dropped(1, 'map failed')
        draft.drop()
      }
    })
}

const counter = ({ meter, id }: ReceiverContext) => {
  const calls = meter.counter('seneca_mcp_calls', { description: 'Tool calls by outcome.', unit: '{calls}' })
  const duration = meter.histogram('seneca_mcp_call_duration', {
    description: 'Time from a tool call to its answer.',
    unit: 's',
  })
  return (tool: string, outcome: string, seconds: number): void => {
    calls.add(1, { receiver: id, tool, outcome })
    duration.record(seconds, { receiver: id, tool })
  }
}

const onConnection =
  (ctx: ReceiverContext, records: Records, outbox: Outbox, refresh: () => void) =>
  (event: McpEvent): void => {
    if (event.kind === 'failed') {
      ctx.status.report('degraded', event.reason)
      ctx.log.warn('the server cannot be reached', {
        peer: event.peer,
        reason: event.reason,
        retry_in_ms: event.retryInMs,
      })
      return
    }
    if (event.kind === 'lost') {
      ctx.status.report('degraded', event.reason)
      ctx.log.warn('the connection is lost', { peer: event.peer, reason: event.reason })
    } else {
      ctx.status.report('ok')
      ctx.log.info(event.kind === 'opened' ? 'connected' : 'connected again', {
        peer: event.peer,
        era: event.era ?? '',
      })
      refresh()
    }
    outbox.push(records.connection(event))
  }

const create = async (ctx: ReceiverContext, config: Config) => {
  const target = await targetOf(config, ctx.folder)
  const records = recordsOf(ctx.id, () => ctx.clock.now(), config.include_content)
  const outbox = createOutbox(ctx)
  const stopping = new AbortController()
  const signal = AbortSignal.any([stopping.signal, ctx.signal])
  let mcp: McpConnection | undefined
  let polls: readonly Poll[] = []
  let follower: Follower | undefined
  let running: Promise<unknown> = Promise.resolve()

  const refresh = (): void =>
    void follower
      ?.refresh()
      .catch((thrown: unknown) => ctx.log.warn('a resource was not read', { reason: (thrown as Error).message }))
  return {
    start: (): void => {
      ctx.status.report('starting', 'connecting')
      const parts = { ctx, records, outbox, mapped: mapper(ctx, config), count: counter(ctx) }
      const opened = connectMcp(target, {
        clock: ctx.clock,
        random: ctx.random,
        log: ctx.log,
        onEvent: onConnection(ctx, records, outbox, refresh),
      })
      mcp = opened
      follower = follow(ctx, opened, config, records, outbox)
      polls = config.tools.map((tool, index) => createPoll({ ...parts, mcp: opened }, tool, `tool ${index}`))
      running = Promise.all(polls.map((poll) => poll.run(signal, ctx.once)))
      if (ctx.once) {
        running = running.then(async () => {
          await outbox.drained(signal)
          ctx.ended()
        })
      }
    },
    stop: async (deadline: AbortSignal): Promise<void> => {
      stopping.abort(new CollectorError('stopping', 'the receiver is being stopped'))
      follower?.stop()
      await Promise.all([running, mcp?.close()])
      await outbox.drained(deadline)
    },
    inspect: (topic: string): unknown =>
      topic === '' && mcp !== undefined
        ? {
            ...mcp.peer,
            state: mcp.state,
            ...(mcp.reason === undefined ? {} : { reason: mcp.reason }),
            ...mcp.counts,
            waiting: outbox.waiting,
            tools: polls.map((poll) => poll.state),
          }
        : undefined,
  }
}

export default definePlugin({
  kind: 'receiver',
  type: 'mcp',
  signals: ['logs'],
  stability: 'beta',
  summary:
    'Watches any MCP server: polls its tools, follows its resources and notifications, makes events of the answers.',
  schema,
  examples: [
    {
      title: 'Poll a server over HTTP and name what comes',
      yaml: `endpoint: http://localhost:4300/mcp
tools:
  - name: get_project_status
    interval: 30s
    changes_only: true
map:
  - set(event_name, "project.status.updated") where attributes["marcus.tool"] == "get_project_status"
  - set(attributes["marcus.project.id"], body["project"]["id"]) where body["project"] != nil
`,
    },
    {
      title: 'Follow a resource of a stdio server',
      yaml: 'command: my-mcp-server\nargs: [--stdio]\nresources: ["board://tasks"]\n',
    },
  ],
  check,
  create,
})
