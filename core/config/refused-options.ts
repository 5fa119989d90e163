/**
 * Options of the OpenTelemetry Collector (0.158) that the component of the same name here has not, each with what to do
 * instead. Tables that several components share follow the Collector's own modules: confighttp, configgrpc, configtls.
 */
type Advice = Readonly<Record<string, string>>

/** The same options below a section of that name. */
const below = (section: string, advice: Advice): Advice =>
  Object.fromEntries(Object.entries(advice).map(([key, text]) => [`${section}.${key}`, text]))

const without = (advice: Advice, ...names: readonly string[]): Advice =>
  Object.fromEntries(Object.entries(advice).filter(([key]) => !names.includes(key)))

const tls: Advice = {
  'tls.cipher_suites': "leave it out; Node's own list is used, restrict it with min_version: '1.3'",
  'tls.include_insecure_cipher_suites': "leave it out; Node's own list is used",
  'tls.curve_preferences': "leave it out; Node's own list is used",
  'tls.tpm': 'use cert_file and key_file',
}

const tlsServer: Advice = {
  ...tls,
  'tls.ca_file': 'use client_ca_file, which clients are checked against',
  'tls.ca_pem': 'use client_ca_file, which clients are checked against',
  'tls.client_ca_file_reload': 'use reload_interval',
  'tls.include_system_ca_certs_pool': 'put all certificates into client_ca_file',
}

const httpClient: Advice = {
  ...tls,
  cookies: 'leave it out; no cookies are kept between requests',
  middlewares: 'leave it out',
  force_attempt_http2: 'leave it out; requests go over HTTP/1.1',
  http2_read_idle_timeout: 'leave it out; requests go over HTTP/1.1',
  http2_ping_timeout: 'leave it out; requests go over HTTP/1.1',
  read_buffer_size: 'leave it out; the system sizes the buffers of sockets',
  write_buffer_size: 'leave it out; the pieces of a batch are written at once',
  max_idle_conns: 'use max_idle_conns_per_host: each exporter has one host',
  'tls.reload_interval': 'leave it out; certificates are read at the start and on every reload',
}

const httpServer: Advice = {
  ...tlsServer,
  auth: 'ask for client certificates with tls.client_ca_file',
  'auth.request_params': 'leave it out; tokens are taken from headers only',
  cors: 'leave it out; pages of other origins are not answered',
  include_metadata: 'leave it out; headers of a request are not kept beside its records',
  middlewares: 'leave it out; limits and authentication are options of the component',
  compression_algorithms: 'leave it out; a request has no body',
  max_request_body_size: 'leave it out; a request has no body',
  response_headers: 'leave it out',
  keep_alives_enabled: 'leave it out; connections are kept',
  idle_timeout: 'leave it out; idle connections are closed after a minute',
  read_timeout: 'leave it out; slow requests are cut',
  read_header_timeout: 'leave it out; slow requests are cut',
  write_timeout: 'leave it out; answers are small',
  transport: 'leave it out; the address is of TCP',
  dialer: 'leave it out; a server does not dial',
}

const HEADERS_KEPT = 'leave it out; headers of a request are not kept beside its records'
const EXPRESSIONS = 'write conditions: what they hold for is left out'

/** `include` and `exclude`, by which it was filtered before there were conditions. */
const filterMatch = (signal: string): Advice => ({
  [`${signal}.include`]: EXPRESSIONS,
  [`${signal}.exclude`]: EXPRESSIONS,
  [`${signal}.regexp`]: EXPRESSIONS,
})

/** Where the own metrics and traces go, in the words of the OpenTelemetry configuration schema. */
const ownExporters = Object.assign(
  {},
  ...['metrics.readers.periodic', 'traces.processors.batch', 'traces.processors.simple'].map((place) =>
    below(`telemetry.${place}.exporter`, {
      console: "use otlp: { … }; or read them with 'seneca-collector stats'",
      'otlp.tls': 'leave it out; write http:// or https:// into the endpoint',
      'otlp.certificate': 'set NODE_EXTRA_CA_CERTS for certificates of your own',
      'otlp.client_key': 'not available; send it to a receiver on this machine, and on with the exporter otlp',
      'otlp.client_certificate': 'not available; send it to a receiver on this machine, and on with the exporter otlp',
      'otlp.compression': 'leave it out; the own telemetry is small',
      'otlp.headers_list': 'use headers: [{ name, value }]',
      'otlp.temporality_preference': 'leave it out; the own metrics are cumulative',
      'otlp.default_histogram_aggregation': 'leave it out; histograms have fixed buckets',
    }),
  ),
) as Advice

/** Keys are `<kind>/<type>` or `<kind>`, then the option's path without the places in lists. */
export const refusedOptions: Readonly<Record<string, Advice>> = {
  exporter: {
    'sending_queue.batch.partition': 'leave it out; headers of a request are not kept beside its records',
    'sending_queue.blocking': 'use block_on_overflow: true',
    queue_size: 'use sending_queue: { queue_size: … }',
    num_consumers: 'use sending_queue: { num_consumers: … }',
    retry: 'use retry_on_failure: { … }',
    max_retries: 'use retry_on_failure: { max_attempts: … }',
  },
  'exporter/file': {
    group_by: 'name one file exporter for each group and route with the connector routing',
    encoding: 'use format: envelope, otlp_json, otlp_proto, body or text',
    compression_params: 'leave it out; the usual level is used',
  },
  'exporter/otlp_http': { ...httpClient, profiles_endpoint: 'leave it out; profiles are not taken' },
  'exporter/otlp': {
    ...tls,
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
    ...httpServer,
    resource_constant_labels: 'use resource_to_telemetry_conversion: { enabled: true }',
  },
  'exporter/prometheusremotewrite': {
    ...httpClient,
    compression: 'leave it out; remote write is always compressed with snappy',
    compression_params: 'leave it out; remote write is always compressed with snappy',
    remote_write_queue: 'use sending_queue; requests go one after another, as Prometheus demands',
    wal: 'use sending_queue: { storage: file_storage }',
    export_created_metric: 'leave it out',
    protobuf_message: 'leave it out; remote write 1.0 is spoken',
    max_batch_request_parallelism: 'leave it out; requests go one after another, as Prometheus demands',
    translation_strategy: 'use add_metric_suffixes',
    scope_info: 'use disable_scope_info',
    include_metadata_keys: HEADERS_KEPT,
    keep_classic_histograms: 'leave it out; histograms are always sent as buckets',
    convert_explicit_histograms_to_nhcb: 'leave it out; histograms are always sent as buckets',
    'resource_to_telemetry_conversion.exclude_service_attributes':
      "leave it out, or take the attributes away with the processor 'resource'",
  },
  'exporter/loki': {
    ...httpClient,
    default_labels_enabled: 'use labels, resource_labels and attribute_labels',
    format: 'use line: text or envelope',
    tenant: 'use tenant_id: <text>',
  },
  'exporter/debug': {
    loglevel: 'use verbosity: basic, normal or detailed',
    sending_queue: 'leave it out; what is shown is never waited for',
    use_internal_logger: 'leave it out; it writes to the standard output',
    output_paths:
      "leave it out; it writes to the standard output. For a file use the exporter 'file' with format: text",
  },
  'receiver/file_log': {
    header: 'not available; filter header lines with the processor filter',
    delete_after_read: 'files are only read here, never deleted',
    acquire_fs_lock: 'leave it out; files are read without locks',
    compression: 'not available; decompress the files before',
    exclude_older_than: 'use exclude, or start_at: end',
    file_cache_advise: 'leave it out',
    id: 'leave it out; use the name of the receiver: file_log/<name>',
    type: 'leave it out',
    output: 'leave it out; what is read goes into the pipelines that name the receiver',
    initial_buffer_size: 'leave it out; buffers have a fixed size',
    max_batches: 'leave it out; files are read in turn',
    polls_to_archive: 'leave it out; the places of files are kept for as long as they are there',
    ordering_criteria: 'not available; all files are read, each in its order',
    include_file_name_resolved: 'use include_file_name',
    include_file_path_resolved: 'use include_file_path',
    include_file_owner_name: "leave it out, or set it with 'attributes: { … }'",
    include_file_owner_group_name: "leave it out, or set it with 'attributes: { … }'",
    include_file_permissions: 'leave it out',
    include_file_record_number: 'leave it out; lines keep their order',
    include_file_record_offset: 'leave it out; lines keep their order',
  },
  'receiver/otlp': {
    ...below('protocols.grpc', without(httpServer, 'auth')),
    ...below(
      'protocols.http',
      without(
        httpServer,
        'auth',
        'cors',
        'compression_algorithms',
        'max_request_body_size',
        'response_headers',
        'transport',
        'keep_alives_enabled',
        'idle_timeout',
        'read_timeout',
        'read_header_timeout',
        'write_timeout',
      ),
    ),
    'protocols.arrow': 'use grpc; OTel Arrow is not spoken here',
    'protocols.thrift_http': 'use http',
  },
  'processor/batch': {
    metadata_keys: HEADERS_KEPT,
    metadata_cardinality_limit: HEADERS_KEPT,
  },
  'processor/cumulativetodelta': { 'include.regexp': 'leave it out', 'exclude.regexp': 'leave it out' },
  'processor/filter': { ...filterMatch('logs'), ...filterMatch('metrics'), ...filterMatch('traces') },
  'processor/transform': { flatten_data: 'leave it out; statements in the context log see each record alone' },
  'processor/tail_sampling': {
    block_on_overflow: 'leave it out; senders are asked to wait when too much is held',
    maximum_trace_size_bytes: "use the processor 'memory_limiter'",
    sampling_strategy: 'leave it out; a trace is judged when it is complete',
    tail_storage: 'leave it out; what waits is held in memory',
    'policies.extensioncfg': 'leave it out; there are no policies of extensions',
  },
  'connector/count': { profiles: 'leave it out; profiles are not taken' },
  'connector/routing': { match_once: 'use action: move (each record goes to the first route) or copy' },
  extension: {},
  'extension/basicauth': {
    'client_auth.username_file': "use username: '${file:path}'",
    'client_auth.password_file': "use password: '${secret:file:path}'",
  },
  'extension/file_storage': {
    compaction: 'leave it out; what is no longer needed is removed as it goes',
    max_size: 'use service: { limits: { disk_bytes: … } }, or max_disk_bytes of a sending_queue',
    recreate: 'leave it out; what is damaged is set aside at the start, and said',
    directory_permissions: 'leave it out; a new folder belongs to its owner alone',
  },
  'extension/health_check': {
    ...httpServer,
    auth: 'leave it out, and listen on an address that only those who may ask can reach',
    tls: 'leave it out, and listen on an address that only those who may ask can reach',
    check_collector_pipeline: 'use unhealthy_when: failed or degraded',
    component_health: 'use unhealthy_when: failed or degraded',
    use_v2: 'leave it out',
    grpc: 'leave it out; it is asked over HTTP',
    http: 'use endpoint and path',
  },
  service: {
    'telemetry.metrics.address': 'use readers: [{ pull: { exporter: { prometheus: { host, port } } } }]',
    ...below('telemetry.metrics.readers.pull.exporter.prometheus', {
      without_type_suffix: 'leave it out; names have no suffixes',
      without_units: 'leave it out; names have no suffixes',
      without_scope_info: 'leave it out; there are no labels of the scope',
      with_resource_constant_labels: 'leave it out; series have no labels of the resource',
    }),
    'telemetry.metrics.views': "metrics are read with 'seneca-collector stats'",
    ...ownExporters,
    'telemetry.traces.limits': 'leave it out; the own spans are small',
    'telemetry.traces.sampler.parent_based': 'name its root: always_on, always_off or trace_id_ratio_based',
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
