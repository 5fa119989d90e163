/**
 * Changes records of every signal with statements of the OpenTelemetry Transformation Language. Records that no statement
 * changed are handed on as the bytes they came in; a record a statement fails on under `propagate` is refused, the rest goes
 * on.
 */
import { definePlugin } from 'seneca-collector'
import type { Batch, CheckInfo, ConfigProblem, Infer } from 'seneca-collector'
import { editBatch, failureReporter } from 'seneca-collector/ottl'
import { compileGroup, groupsOf, problemsOf } from './groups.ts'
import { schema } from './schema.ts'

type Config = Infer<typeof schema>

export default definePlugin({
  kind: 'processor',
  type: 'transform',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Changes records with statements of the OpenTelemetry Transformation Language.',
  schema,
  examples: [
    {
      title: 'Plain statements',
      yaml: `error_mode: ignore
log_statements:
  - set(log.attributes["env"], "prod") where resource.attributes["service.name"] == "marcus"
  - replace_pattern(log.body, "token=\\\\S+", "token=***") where IsString(log.body)`,
    },
    {
      title: 'Groups with conditions, on events',
      yaml: `log_statements:
  - context: event
    conditions:
      - type == "task.completed"
    statements:
      - set(data["hours"], Double(data["minutes"]) / 60.0) where data["minutes"] != nil
      - delete_key(data, "minutes")`,
    },
    {
      title: 'Spans and metrics',
      yaml: `trace_statements:
  - set(span.status.code, STATUS_CODE_ERROR) where span.attributes["http.response.status_code"] >= 500
metric_statements:
  - context: metric
    statements:
      - extract_count_metric(true) where type == METRIC_DATA_TYPE_HISTOGRAM
  - delete_key(datapoint.attributes, "user_id")`,
    },
  ],
  *check(config: Config, _info: CheckInfo): Iterable<ConfigProblem> {
    if ((config.profile_statements ?? []).length > 0)
      yield {
        path: ['profile_statements'],
        message: 'profiles are not supported; use log_, trace_ or metric_statements',
      }
    for (const group of groupsOf(config)) yield* problemsOf(group)
  },
  create(ctx, config) {
    const options = { onError: failureReporter(ctx), now: () => ctx.clock.nanos() }
    const compiled = groupsOf(config).map((group) => ({ signal: group.signal, program: compileGroup(group, options) }))
    const programs = Map.groupBy(compiled, ({ signal }) => signal)
    const bySignal = new Map([...programs].map(([signal, each]) => [signal, each.map(({ program }) => program)]))
    return {
      async consume(batch: Batch, signal) {
        const mine = bySignal.get(batch.signal)
        if (mine === undefined) return void (await ctx.next(batch, signal))
        const { changed, failed, error } = editBatch(batch, mine)
        if (error !== undefined)
          ctx.refused(
            batch.filter((_, i) => failed.has(i)),
            error,
          )
        // Metrics that statements made beside what came in.
        const made = changed.count - (batch.count - failed.size)
        if (made > 0) ctx.created(made)
        if (changed.count > 0) await ctx.next(changed, signal)
      },
    }
  },
})
