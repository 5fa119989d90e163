/**
 * What people bring along from the OpenTelemetry Collector that is not here: components and options by name, each with
 * what to do instead. A name that is neither here nor there is answered by the nearest known one.
 */
import type { Kind } from '../kit/plugin.ts'
import { refusedOptions } from './refused-options.ts'

const components: Readonly<Record<string, string>> = {
  'receiver/tcplog': "read files with 'file_log'",
  'receiver/udplog': "read files with 'file_log'",
  'receiver/syslog': "let syslog write to a file and read it with 'file_log'",
  'receiver/journald': "let journald write to a file and read it with 'file_log'",
  'receiver/prometheus': "metrics are not scraped here; use the OpenTelemetry Collector's for that",
  'receiver/hostmetrics': "metrics are not scraped here; use the OpenTelemetry Collector's for that",
  'receiver/host_metrics': "metrics are not scraped here; use the OpenTelemetry Collector's for that",
  'receiver/zipkin': "let senders speak OTLP, to the receiver 'otlp'",
  'receiver/jaeger': "let senders speak OTLP, to the receiver 'otlp'",
  'receiver/opencensus': "let senders speak OTLP, to the receiver 'otlp'",
  'receiver/fluentforward': "let Fluent Bit's output opentelemetry send to the receiver 'otlp'",
  'receiver/fluent_forward': "let Fluent Bit's output opentelemetry send to the receiver 'otlp'",
  'receiver/kafka': 'use a plugin of your own: seneca-collector new receiver NAME',
  'receiver/file': "use 'file_log' with format: otlp_json",
  'receiver/otlp_json_file': "use 'file_log' with format: otlp_json",
  'receiver/otlpjsonfile': "use 'file_log' with format: otlp_json",
  'receiver/nop': "use 'generator', or leave the pipeline out",
  'processor/logstransform': "use 'transform'",
  'processor/logdedup': "use 'filter' or 'state_change'",
  'processor/redaction': "use 'redact'",
  'processor/groupbyattrs': "use 'transform'",
  'processor/resourcedetection': "set what is known with 'resource', from the environment: ${env:NAME}",
  'processor/resource_detection': "set what is known with 'resource', from the environment: ${env:NAME}",
  'processor/k8sattributes': "set what is known with 'resource', from the environment: ${env:NAME}",
  'processor/k8s_attributes': "set what is known with 'resource', from the environment: ${env:NAME}",
  'processor/metricstransform': "use 'transform'",
  'processor/span': "use 'transform'",
  'processor/deltatocumulative': "leave it out; 'prometheus' and 'prometheusremotewrite' add deltas up themselves",
  'processor/delta_to_cumulative': "leave it out; 'prometheus' and 'prometheusremotewrite' add deltas up themselves",
  'exporter/logging': "use 'debug', as its successor is called",
  'exporter/otlpgrpc': "use 'otlp', or 'otlp_grpc'",
  'exporter/kafka': "use 'nats_jetstream', 'webhook' or a plugin of your own: seneca-collector new exporter NAME",
  'exporter/loadbalancing': "use 'otlp' with one address, or the connector 'routing' to several exporters",
  'exporter/load_balancing': "use 'otlp' with one address, or the connector 'routing' to several exporters",
  'exporter/opencensus': "use 'otlp'",
  'exporter/nop': "use 'debug' with verbosity: basic",
  'exporter/zipkin': "use 'otlp'; Zipkin's collectors take OTLP",
  'exporter/jaeger': "use 'otlp'; Jaeger takes OTLP",
  'connector/spanmetrics': "use 'event_metrics'",
  'connector/span_metrics': "use 'event_metrics'",
  'connector/signal_to_metrics': "use 'event_metrics' or 'count'",
  'exporter/elasticsearch': "use 'otlp_http', or a plugin of your own: seneca-collector new exporter NAME",
  'extension/health_check_v2': "use 'health_check'",
  'extension/healthcheckv2': "use 'health_check'",
  'extension/pprof': 'start Node with --inspect, or --cpu-prof',
  'extension/zpages': "use 'seneca-collector status', 'stats' and 'tap'",
  'extension/oidc': "use 'bearertokenauth' or 'basicauth'",
  'extension/oauth2client': "use 'bearertokenauth' with a file that is renewed (filename)",
  'extension/headers_setter': 'use the headers of the exporter',
  'extension/memory_ballast': "leave it out; use the processor 'memory_limiter'",
}

export const refusedComponent = (kind: Kind, type: string): string | undefined => components[`${kind}/${type}`]

/** What to do instead of an option; undefined when it is not one of those. Places in lists do not count. */
export const refusedOption = (kind: string, type: string, path: readonly (string | number)[]): string | undefined => {
  const name = path.filter((part) => typeof part === 'string').join('.')
  for (const key of [`${kind}/${type}`, kind]) {
    const table = refusedOptions[key]
    if (table !== undefined && Object.hasOwn(table, name)) return table[name]
  }
  return undefined
}
