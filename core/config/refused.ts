/**
 * What people bring along from the OpenTelemetry Collector that is not here: components and options by name, each with
 * what to do instead. A name that is neither here nor there is answered by the nearest known one.
 */
import type { Kind } from '../kit/plugin.ts'

const components: Readonly<Record<string, string>> = {
  'receiver/tcplog': "read files with 'file_log'",
  'receiver/udplog': "read files with 'file_log'",
  'receiver/syslog': "let syslog write to a file and read it with 'file_log'",
  'receiver/journald': "let journald write to a file and read it with 'file_log'",
  'receiver/prometheus': "metrics are not scraped here; use the OpenTelemetry Collector's for that",
  'receiver/hostmetrics': "metrics are not scraped here; use the OpenTelemetry Collector's for that",
  'processor/logstransform': "use 'transform'",
  'processor/logdedup': "use 'filter' or 'state_change'",
  'processor/redaction': "use 'redact'",
  'processor/groupbyattrs': "use 'transform'",
  'exporter/logging': "use 'debug', as its successor is called",
  'exporter/otlpgrpc': "use 'otlp', or 'otlp_grpc'",
  'exporter/kafka': "use 'nats_jetstream', 'webhook' or a plugin of your own: seneca-collector new exporter NAME",
  'exporter/elasticsearch': "use 'otlp_http', or a plugin of your own: seneca-collector new exporter NAME",
  'extension/health_check_v2': "use 'health_check'",
  'extension/healthcheckv2': "use 'health_check'",
  'extension/pprof': 'start Node with --inspect, or --cpu-prof',
  'extension/zpages': "use 'seneca-collector status', 'stats' and 'tap'",
  'extension/memory_ballast': "leave it out; use the processor 'memory_limiter'",
}

export const refusedComponent = (kind: Kind, type: string): string | undefined => components[`${kind}/${type}`]

/** The OpenTelemetry Collector's client options for HTTP (confighttp) that are not here. */
const http: Readonly<Record<string, string>> = {
  cookies: 'leave it out; no cookies are kept between requests',
  middlewares: 'leave it out',
  force_attempt_http2: 'leave it out; requests go over HTTP/1.1',
  http2_read_idle_timeout: 'leave it out; requests go over HTTP/1.1',
  http2_ping_timeout: 'leave it out; requests go over HTTP/1.1',
  read_buffer_size: 'leave it out; the system sizes the buffers of sockets',
  write_buffer_size: 'leave it out; the pieces of a batch are written at once',
  max_idle_conns: 'use max_idle_conns_per_host: each exporter has one host',
  profiles_endpoint: 'leave it out; profiles are not taken',
  'tls.reload_interval': 'leave it out; certificates are read at the start and on every reload',
  'tls.cipher_suites': "leave it out; Node's own list is used, restrict it with min_version: '1.3'",
  'tls.curve_preferences': "leave it out; Node's own list is used",
  'tls.tpm': 'use cert_file and key_file',
}

/** Keys are `<kind>/<type>` or `<kind>`, then the option's path. */
const options: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  exporter: {
    'sending_queue.batch': "put the processor 'batch' into the pipeline",
    'sending_queue.blocking': 'use block_on_overflow: true',
    queue_size: 'use sending_queue: { queue_size: … }',
    num_consumers: 'use sending_queue: { num_consumers: … }',
    retry: 'use retry_on_failure: { … }',
    max_retries: 'use retry_on_failure: { max_attempts: … }',
  },
  'exporter/file': {
    group_by: 'name one file exporter for each group and route with the connector routing',
    encoding: 'use format: envelope, otlp_json, otlp_proto, body or text',
  },
  'exporter/otlp_http': http,
  'exporter/otlp': {
    balancer_name: 'leave it out; there is one connection to one address',
    wait_for_ready: 'leave it out; what could not be sent is kept and sent again',
    read_buffer_size: 'leave it out; the system sizes the buffers of sockets',
    write_buffer_size: 'leave it out; the pieces of a batch are written at once',
    user_agent: 'leave it out',
    middlewares: 'leave it out',
    'keepalive.permit_without_stream': 'leave it out; a server is only asked while it owes an answer',
    'tls.reload_interval': 'leave it out; certificates are read at the start and on every reload',
  },
  'exporter/prometheus': {
    resource_constant_labels: 'use resource_to_telemetry_conversion: { enabled: true }',
    auth: 'ask for client certificates with tls.client_ca_file',
    cors: 'leave it out; pages of other origins are not answered',
    include_metadata: 'leave it out',
    max_request_body_size: 'leave it out; a request has no body',
  },
  'exporter/prometheusremotewrite': {
    ...http,
    compression: 'leave it out; remote write is always compressed with snappy',
    remote_write_queue: 'use sending_queue; requests go one after another, as Prometheus demands',
    wal: 'use sending_queue: { storage: file_storage }',
    export_created_metric: 'leave it out',
    protobuf_message: 'leave it out; remote write 1.0 is spoken',
    max_batch_request_parallelism: 'leave it out; requests go one after another, as Prometheus demands',
    translation_strategy: 'use add_metric_suffixes',
    scope_info: 'use disable_scope_info',
  },
  'exporter/loki': {
    ...http,
    default_labels_enabled: 'use labels, resource_labels and attribute_labels',
    format: 'use line: text or envelope',
    tenant: 'use tenant_id: <text>',
  },
  'exporter/debug': { loglevel: 'use verbosity: basic, normal or detailed' },
  'receiver/file_log': {
    header: 'not available; filter header lines with the processor filter',
    delete_after_read: 'files are only read here, never deleted',
  },
  'receiver/otlp': {
    'protocols.grpc.include_metadata': 'leave it out; headers of a request are not kept beside its records',
    'protocols.grpc.middlewares': 'leave it out; limits and authentication are options of the receiver',
    'protocols.grpc.auth.request_params': 'leave it out; tokens are taken from headers only',
    'protocols.grpc.tls.ca_file': 'use client_ca_file, which clients are checked against',
    'protocols.grpc.tls.ca_pem': 'use client_ca_file, which clients are checked against',
    'protocols.grpc.tls.client_ca_file_reload': 'use reload_interval',
    'protocols.grpc.tls.cipher_suites': 'leave it out, or use min_version',
    'protocols.grpc.tls.curve_preferences': 'leave it out',
    'protocols.grpc.tls.include_system_ca_certs_pool': 'put all certificates into client_ca_file',
    'protocols.grpc.tls.tpm': 'use key_file',
    'protocols.http.include_metadata': 'leave it out; headers of a request are not kept beside its records',
    'protocols.http.middlewares': 'leave it out; limits and authentication are options of the receiver',
    'protocols.http.auth.request_params': 'leave it out; tokens are taken from headers only',
    'protocols.http.tls.ca_file': 'use client_ca_file, which clients are checked against',
    'protocols.http.tls.ca_pem': 'use client_ca_file, which clients are checked against',
    'protocols.http.tls.client_ca_file_reload': 'use reload_interval',
    'protocols.http.tls.cipher_suites': 'leave it out, or use min_version',
    'protocols.http.tls.curve_preferences': 'leave it out',
    'protocols.http.tls.include_system_ca_certs_pool': 'put all certificates into client_ca_file',
    'protocols.http.tls.tpm': 'use key_file',
    'protocols.arrow': 'use grpc; OTel Arrow is not spoken here',
    'protocols.thrift_http': 'use http',
  },
  extension: {},
  service: {
    'telemetry.metrics.address': 'use readers: [{ pull: { exporter: { prometheus: { host, port } } } }]',
    'telemetry.metrics.views': "metrics are read with 'seneca-collector stats'",
    'telemetry.traces.propagators': 'leave it out; what comes in is not joined to the own traces',
    'telemetry.logs.processors': 'the own log goes to the standard error; leave it out',
    'telemetry.logs.output_paths': 'the own log goes to the standard error: redirect it with 2> file',
    'telemetry.logs.error_output_paths': 'the own log goes to the standard error: redirect it with 2> file',
    'telemetry.logs.sampling': 'leave it out; repeated lines are not sampled',
    'telemetry.logs.development': 'use level: debug',
    'telemetry.logs.disable_caller': 'leave it out; no caller is printed',
    'telemetry.logs.disable_stacktrace': 'leave it out; no stack is printed without --debug',
    'telemetry.logs.initial_fields': 'leave it out',
  },
}

export const refusedOption = (kind: string, type: string, path: readonly (string | number)[]): string | undefined => {
  const name = path.join('.')
  for (const key of [`${kind}/${type}`, kind]) {
    const table = options[key]
    if (table !== undefined && Object.hasOwn(table, name)) return table[name]
  }
  return undefined
}
