/**
 * Leaves out what a condition holds for, each record counted under the condition that did it. Nothing is decoded but what the
 * conditions name; what stays is handed on as the bytes it came in.
 */
import { definePlugin } from 'seneca-collector'
import type { ConfigProblem, Infer } from 'seneca-collector'
import { failureReporter, filterBatch } from 'seneca-collector/ottl'
import { compileGroup, groupsOf, problemsOf } from './groups.ts'
import { schema } from './schema.ts'

type Config = Infer<typeof schema>

const refused = [
  ['spans', 'the older form of `spans` is not supported; use traces or trace_conditions'],
  ['profiles', 'profiles are not supported; there are logs, traces and metrics'],
  ['profile_conditions', 'profiles are not supported; there are log_, trace_ and metric_conditions'],
] as const

export default definePlugin({
  kind: 'processor',
  type: 'filter',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Leaves out the records that a condition holds for.',
  schema,
  examples: [
    {
      title: 'Drop debug records and heartbeats',
      yaml: `logs:\n  log_record:\n    - severity_number < SEVERITY_NUMBER_INFO\n    - event_name == "agent.heartbeat"`,
    },
    {
      title: 'The newer form',
      yaml: `error_mode: ignore\nlog_conditions:\n  - log.attributes["env"] == "test"\n  - context: event\n    conditions:\n      - type == "mcp.tool.result" and data["tool"] == "ping"`,
    },
    {
      title: 'Spans and data points',
      yaml: `traces:\n  span:\n    - attributes["url.path"] == "/healthz"\nmetric_conditions:\n  - datapoint.attributes["host"] == "test"\n  - metric.type == METRIC_DATA_TYPE_SUMMARY`,
    },
  ],
  *check(config: Config): Iterable<ConfigProblem> {
    for (const [key, message] of refused) if (config[key] !== undefined) yield { path: [key], message }
    for (const group of groupsOf(config)) yield* problemsOf(group)
  },
  create(ctx, config) {
    const options = { onError: failureReporter(ctx), now: () => ctx.clock.nanos() }
    const rules = Map.groupBy(
      groupsOf(config).map((group) => ({
        signal: group.signal,
        conditions: compileGroup(group, options),
        names: group.conditions,
      })),
      ({ signal }) => signal,
    )
    const inside = ctx.meter.counter('seneca_filter_parts', {
      description: 'Span events and data points left out of records that stayed.',
      unit: '{parts}',
    })
    return {
      async consume(batch, signal) {
        const mine = rules.get(batch.signal)
        if (mine === undefined) return void (await ctx.next(batch, signal))
        const result = filterBatch(batch, mine)
        for (const [rule, count] of result.left) ctx.filtered(count, rule)
        for (const count of result.inside.values()) inside.add(count)
        if (result.error !== undefined)
          ctx.refused(
            batch.filter((_, i) => result.failed.has(i)),
            result.error,
          )
        if (result.kept.count > 0) await ctx.next(result.kept, signal)
      },
    }
  },
})
