/**
 * Says what Marcus's agents, tasks and tools are in the words of OpenTelemetry's semantic conventions for generative AI and
 * MCP, by a table for each version of them (versions.ts). For the pipeline in front of an exporter: dashboards made for
 * those names then find the agents. What has no name there stays as it is.
 */
import { definePlugin, path } from 'seneca-collector'
import type { Batch, Draft, Infer, JsonSchema, PathHandle, SpanDraft, Value } from 'seneca-collector'
import { versions, type Rename, type SpanRule } from './versions.ts'

const schema = {
  type: 'object',
  properties: {
    version: {
      enum: Object.keys(versions),
      default: 'genai-0.1.0',
      description:
        'The version of the conventions; `1.41.0` is the last before they moved to a repository of their own.',
    },
    keep: {
      type: 'boolean',
      default: true,
      description: 'Keep the attributes under their own names, too.',
    },
  },
} as const satisfies JsonSchema

interface Compiled {
  readonly from: PathHandle
  readonly to: PathHandle
}

const compile = (renames: readonly Rename[]): readonly Compiled[] =>
  renames.map(([from, to]) => ({ from: path(['attributes', from]), to: path(['attributes', to]) }))

const name = path(['name'])
const kind = path(['kind'])
const eventName = path(['event_name'])
const errorType = path(['attributes', 'error.type'])

type AnyDraft = Draft | SpanDraft

const text = (value: Value | undefined): string => (typeof value === 'string' ? value : '')

export default definePlugin({
  kind: 'processor',
  type: 'semantic_conventions',
  signals: ['logs', 'traces'],
  stability: 'experimental',
  summary: 'Names agents, tasks, tools and model calls as OpenTelemetry’s conventions for generative AI and MCP do.',
  schema,
  examples: [{ title: 'The newest table', yaml: 'version: genai-0.1.0' }],
  create(ctx, config: Infer<typeof schema>) {
    const table = versions[config.version as keyof typeof versions]
    const spanRules = table.spans.map((rule) => ({ rule, renames: compile(rule.renames) }))
    const logRules = table.logs.map((rule) => ({ rule, renames: compile(rule.renames) }))

    const rename = (draft: AnyDraft, renames: readonly Compiled[]): void => {
      for (const { from, to } of renames) {
        const value = draft.record.get(from)
        if (value === undefined) continue
        if (draft.record.get(to) === undefined) draft.set(to, value)
        if (!config.keep) draft.delete(from)
      }
    }
    const setAll = (draft: AnyDraft, attributes: Readonly<Record<string, Value>>): void => {
      for (const [key, value] of Object.entries(attributes)) draft.set(['attributes', key], value)
    }
    const nameOf = ({ operation, targets }: SpanRule, { record }: SpanDraft): string => {
      const target = targets.map((key) => text(record.attributes.get(key))).find((each) => each !== '')
      return target === undefined ? operation : `${operation} ${target}`
    }

    const changeSpan = (draft: SpanDraft): void => {
      const { record } = draft
      const found = spanRules.find(({ rule }) => rule.applies(record))
      if (!found) return
      const after = nameOf(found.rule, draft)
      const failed = record.status.code === 2
      rename(draft, found.renames)
      setAll(draft, found.rule.attributes)
      if (failed && record.get(errorType) === undefined) draft.set(errorType, found.rule.errorType)
      draft.set(name, after)
      if (found.rule.kind !== undefined) draft.set(kind, found.rule.kind)
    }
    const changeLog = (draft: Draft): void => {
      const found = logRules.find(({ rule }) => rule.event === draft.record.eventName)
      if (!found) return
      rename(draft, found.renames)
      setAll(draft, found.rule.attributes)
      draft.set(eventName, found.rule.name)
    }
    return {
      async consume(batch, signal) {
        const changed =
          batch.signal === 'traces'
            ? (batch as Batch<'traces'>).edit(changeSpan)
            : (batch as Batch<'logs'>).edit(changeLog)
        await ctx.next(changed, signal)
      },
    }
  },
})
