/**
 * Snapshots in, changes out: events that say how a thing is become events that say what has changed about it. An observer
 * (docs/guarantees.md): a batch and the changes found in it go on together, at once, and are acknowledged together. The
 * base of a key moves only when that was taken, and is saved before the ack: the same input again gives the same changes
 * with the same ids. It remembers at most `keys_max` things.
 */
import { concat, definePlugin, logs, type Batch, type Infer, type LogInit } from 'seneca-collector'
import { createBases } from './bases.ts'
import { ruleProblems } from './check.ts'
import { defaultRules } from './defaults.ts'
import { schema, type Rule } from './options.ts'
import { createWatch } from './watch.ts'

const rulesOf = (config: Infer<typeof schema>): readonly Rule[] => [
  ...config.rules,
  ...(config.defaults ? defaultRules(config.status_words) : []),
]

export default definePlugin({
  kind: 'processor',
  type: 'state_change',
  signals: ['logs'],
  stability: 'beta',
  role: 'observer',
  summary: 'Compares snapshots of things with the ones before and adds an event for each change.',
  schema,
  examples: [
    { title: 'the built-in rules', yaml: 'drop_unchanged: true' },
    {
      title: 'tickets of another program',
      yaml: `defaults: false
rules:
  - from: mcp.tool.result
    where: data["tool"] == "list_tickets"
    rows: body.tickets
    row_key: id
    fields: [state]
    emit: ticket.state.changed
    appeared: { type: ticket.opened }
    left: { type: ticket.closed, data: { id: key, last_state: old.state } }`,
    },
  ],
  *check(config) {
    for (const [index, rule] of config.rules.entries()) yield* ruleProblems(rule, ['rules', index])
    if (rulesOf(config).length === 0) yield { path: ['rules'], message: 'there is no rule' }
  },
  create(ctx, config) {
    const bases = createBases(ctx.storage, config.keys_max, (name) =>
      ctx.log.warn('a saved state cannot be read; the next snapshot takes its place', { name }),
    )
    const watch = createWatch(ctx, rulesOf(config), bases, config.drop_unchanged)
    let savedAt = ctx.clock.monotonic()
    const save = async (all: boolean): Promise<void> => {
      try {
        await (all ? bases.saveAll() : bases.save())
        if (all) savedAt = ctx.clock.monotonic()
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        ctx.log.warn('the state could not be saved; it is tried again with the next batch', { reason })
      }
    }
    return {
      async consume(given, signal) {
        const batch = given as Batch<'logs'>
        const undo = bases.begin()
        const made: LogInit[] = []
        const kept = batch.filter((record) => {
          const found = watch(record, made)
          const idle = found.includes('unchanged') && !found.includes('changed') && !found.includes('new')
          return !(config.drop_unchanged && idle)
        })
        if (kept.count < batch.count) ctx.filtered(batch.count - kept.count, 'unchanged')
        ctx.created(made.length)
        try {
          const out = made.length === 0 ? kept : concat([kept, logs(made)])
          if (out.count > 0) await ctx.next(out, signal)
        } catch (error) {
          ctx.created(-made.length)
          undo()
          throw error
        }
        await save(ctx.clock.monotonic() - savedAt >= config.save_interval)
      },
      stop: () => save(true),
      inspect: (topic) => (topic === '' ? { remembered: bases.size, evicted: bases.evicted } : undefined),
    }
  },
})
