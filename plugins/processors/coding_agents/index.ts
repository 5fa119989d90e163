/**
 * Understands the telemetry of coding agents (Claude Code, Codex, Gemini CLI): gives their events one kind of name, joins them to
 * Marcus's agents and tasks, and derives `mcp.tool.called` and `cost.recorded` from them. Records of anybody else pass as they
 * came; Marcus's own events are read on the way, for who holds which task.
 */
import { concat, definePlugin, logs, path } from 'seneca-collector'
import type { Batch, Draft, Infer, JsonSchema, LogInit, SpanDraft } from 'seneca-collector'
import { derivedFrom } from './derived.ts'
import { resolveName } from './event-name.ts'
import { join, learn, said, textOf, type Item } from './joiner.ts'
import { profileOf, type Profile } from './profiles.ts'
import { createWhereabouts, type WhereaboutsState } from './whereabouts.ts'

const schema = {
  type: 'object',
  properties: {
    derive: {
      type: 'boolean',
      default: true,
      description: 'Add `mcp.tool.called` and `cost.recorded` events for tool calls and model calls.',
    },
    join: {
      type: 'boolean',
      default: true,
      description: 'Add the ids of the agent and of the task it works on, where they are known.',
    },
  },
} as const satisfies JsonSchema

const STATE = 'whereabouts'
const eventName = path(['event_name'])

const profileOfRecord = (record: Item, names: readonly string[]): Profile | undefined =>
  profileOf(textOf(record.resource.attributes.get('service.name')), record.scope.name, names)

export default definePlugin({
  kind: 'processor',
  type: 'coding_agents',
  signals: ['logs', 'traces'],
  stability: 'beta',
  summary: 'Names the events of coding agents one way and joins them to Marcus’s agents and tasks.',
  schema,
  examples: [
    { title: 'The defaults', yaml: 'derive: true' },
    { title: 'Only names', yaml: 'derive: false\njoin: false' },
  ],
  create(ctx, config: Infer<typeof schema>) {
    const saved = ctx.storage.get(STATE)
    const known = createWhereabouts(saved && (JSON.parse(Buffer.from(saved).toString()) as WhereaboutsState))

    const change = (draft: Draft, derived: LogInit[]): void => {
      const { record } = draft
      const given = {
        field: record.eventName,
        attribute: textOf(record.attributes.get('event.name')),
        body: textOf(record.body),
      }
      const profile = profileOfRecord(record, Object.values(given))
      if (profile === undefined) {
        learn(known, record)
        return
      }
      const name = resolveName(profile, given)
      if (name !== given.field) draft.set(eventName, name)
      const sessionId = said(record, profile.session)
      const joined = config.join ? join(known, draft, sessionId) : { agentId: '', taskId: '' }
      if (config.derive) derived.push(...derivedFrom(ctx.id, profile, record, { name, sessionId, ...joined }))
    }
    const changeSpan = (draft: SpanDraft): void => {
      const profile = config.join ? profileOfRecord(draft.record, [draft.record.name]) : undefined
      if (profile !== undefined) join(known, draft, said(draft.record, profile.session))
    }
    const changed = (batch: Batch): Batch => {
      if (batch.signal === 'traces') return (batch as Batch<'traces'>).edit(changeSpan)
      const derived: LogInit[] = []
      const named = (batch as Batch<'logs'>).edit((draft) => change(draft, derived))
      if (derived.length === 0) return named
      ctx.created(derived.length)
      return concat([named, logs(derived)])
    }
    return {
      async consume(batch, signal) {
        await ctx.next(changed(batch), signal)
        const state = known.changed()
        if (state) await ctx.storage.commit([[STATE, Buffer.from(JSON.stringify(state))]])
      },
    }
  },
})
