/** The table of built-in plugins, imported when a configuration names them. Keys are `<kind>/<type>`. */
import type { Kind } from 'seneca-collector'

type Load = () => Promise<{ readonly default: unknown }>

export interface BuiltIn {
  readonly kind: Kind
  readonly type: string
  readonly aliases?: readonly string[]
  readonly load: Load
}

export const builtIns: readonly BuiltIn[] = [
  { kind: 'receiver', type: 'marcus', load: () => import('./receivers/marcus/index.ts') },
  { kind: 'receiver', type: 'mcp', load: () => import('./receivers/mcp/index.ts') },
  { kind: 'receiver', type: 'otlp', load: () => import('./receivers/otlp/index.ts') },
  { kind: 'receiver', type: 'file_log', aliases: ['filelog'], load: () => import('./receivers/file_log/index.ts') },
  { kind: 'receiver', type: 'generator', load: () => import('./receivers/generator/index.ts') },
  { kind: 'receiver', type: 'internal_events', load: () => import('./receivers/internal_events/index.ts') },
  { kind: 'processor', type: 'transform', load: () => import('./processors/transform/index.ts') },
  { kind: 'processor', type: 'filter', load: () => import('./processors/filter/index.ts') },
  { kind: 'processor', type: 'batch', load: () => import('./processors/batch/index.ts') },
  { kind: 'processor', type: 'memory_limiter', load: () => import('./processors/memory_limiter/index.ts') },
  { kind: 'processor', type: 'state_change', load: () => import('./processors/state_change/index.ts') },
  { kind: 'processor', type: 'redact', load: () => import('./processors/redact/index.ts') },
  { kind: 'processor', type: 'attributes', load: () => import('./processors/attributes/index.ts') },
  { kind: 'processor', type: 'resource', load: () => import('./processors/resource/index.ts') },
  { kind: 'processor', type: 'correlate', load: () => import('./processors/correlate/index.ts') },
  { kind: 'processor', type: 'anomaly', load: () => import('./processors/anomaly/index.ts') },
  {
    kind: 'processor',
    type: 'probabilistic_sampler',
    load: () => import('./processors/probabilistic_sampler/index.ts'),
  },
  { kind: 'processor', type: 'tail_sampling', load: () => import('./processors/tail_sampling/index.ts') },
  { kind: 'processor', type: 'dedupe', load: () => import('./processors/dedupe/index.ts') },
  { kind: 'processor', type: 'validate', load: () => import('./processors/validate/index.ts') },
  { kind: 'processor', type: 'coding_agents', load: () => import('./processors/coding_agents/index.ts') },
  {
    kind: 'processor',
    type: 'semantic_conventions',
    load: () => import('./processors/semantic_conventions/index.ts'),
  },
  {
    kind: 'processor',
    type: 'cumulativetodelta',
    aliases: ['cumulative_to_delta'],
    load: () => import('./processors/cumulativetodelta/index.ts'),
  },
  { kind: 'connector', type: 'forward', load: () => import('./connectors/forward/index.ts') },
  { kind: 'connector', type: 'count', load: () => import('./connectors/count/index.ts') },
  { kind: 'connector', type: 'event_metrics', load: () => import('./connectors/event_metrics/index.ts') },
  { kind: 'connector', type: 'task_spans', load: () => import('./connectors/task_spans/index.ts') },
  { kind: 'connector', type: 'routing', load: () => import('./connectors/routing/index.ts') },
  { kind: 'exporter', type: 'file', load: () => import('./exporters/file/index.ts') },
  { kind: 'exporter', type: 'debug', load: () => import('./exporters/debug/index.ts') },
  { kind: 'exporter', type: 'websocket', load: () => import('./exporters/websocket/index.ts') },
  { kind: 'exporter', type: 'nats_jetstream', load: () => import('./exporters/nats_jetstream/index.ts') },
  { kind: 'exporter', type: 'webhook', load: () => import('./exporters/webhook/index.ts') },
  { kind: 'exporter', type: 'otlp_http', aliases: ['otlphttp'], load: () => import('./exporters/otlp_http/index.ts') },
  { kind: 'exporter', type: 'otlp', aliases: ['otlp_grpc'], load: () => import('./exporters/otlp/index.ts') },
  { kind: 'exporter', type: 'loki', load: () => import('./exporters/loki/index.ts') },
  { kind: 'exporter', type: 'prometheus', load: () => import('./exporters/prometheus/index.ts') },
  {
    kind: 'exporter',
    type: 'prometheusremotewrite',
    aliases: ['prometheus_remote_write'],
    load: () => import('./exporters/prometheusremotewrite/index.ts'),
  },
  { kind: 'exporter', type: 'event_store', load: () => import('./exporters/event_store/index.ts') },
  { kind: 'extension', type: 'event_store', load: () => import('./extensions/event_store/index.ts') },
  { kind: 'extension', type: 'schema_registry', load: () => import('./extensions/schema_registry/index.ts') },
  { kind: 'extension', type: 'file_storage', load: () => import('./extensions/file_storage/index.ts') },
  { kind: 'extension', type: 'bearertokenauth', load: () => import('./extensions/bearertokenauth/index.ts') },
  { kind: 'extension', type: 'basicauth', load: () => import('./extensions/basicauth/index.ts') },
  { kind: 'extension', type: 'health_check', load: () => import('./extensions/health_check/index.ts') },
]
