/** The rows of docs/compatibility.md that are not read off the code: what, how it is here, and the test that shows it. */

/** `shown`: a test file, and what its test is called or begins with. */
export interface Row {
  readonly what: string
  readonly here: string
  readonly shown: readonly [file: string, test: string]
}

const HTTP = 'plugins/receivers/otlp/http.test.ts'
const GRPC = 'plugins/receivers/otlp/grpc.test.ts'

export const receiving: readonly Row[] = [
  {
    what: 'Transports',
    here: 'gRPC (unary, HTTP/2) on 4317, HTTP/1.1 on 4318; plain, TLS, mutual TLS',
    shown: ['test/interop/otel-sdk.test.ts', 'brings every signal over'],
  },
  {
    what: 'HTTP/2',
    here: 'RFC 9113 and HPACK, plain (with prior knowledge) and over TLS; each fault is answered with its code, a flood ends its connection',
    shown: ['test/interop/h2spec.test.ts', 'finds no fault with our HTTP/2'],
  },
  {
    what: 'Signals',
    here: 'logs, metrics, traces; one that no pipeline takes is refused: `UNIMPLEMENTED`, 404',
    shown: [GRPC, 'takes the signals of its pipelines only'],
  },
  {
    what: 'Encodings',
    here: 'protobuf; over HTTP JSON too. The answer comes in the encoding of the request',
    shown: [HTTP, 'takes protobuf and JSON'],
  },
  {
    what: 'Compression',
    here: 'gzip, deflate, zlib, zstd, none. Others: 415 with `Accept-Encoding`, `UNIMPLEMENTED` with `grpc-accept-encoding`',
    shown: [HTTP, 'takes every encoding it names'],
  },
  { what: 'Taken', here: '200 and an empty response, `OK`', shown: [HTTP, 'takes a request without records'] },
  {
    what: 'Partial success',
    here: 'some records were refused for good: 200 or `OK`, `rejected_log_records` (`_data_points`, `_spans`) and why',
    shown: [HTTP, 'names the records that were refused for good'],
  },
  {
    what: 'Broken, or all refused for good',
    here: '400 with a `google.rpc.Status` that names the byte, `INVALID_ARGUMENT`',
    shown: [HTTP, 'says where a body is broken'],
  },
  {
    what: 'No room for now',
    here: '429 with `Retry-After`, `RESOURCE_EXHAUSTED` with `RetryInfo`',
    shown: [HTTP, 'asks to come again: 429 without room'],
  },
  {
    what: 'What follows is down',
    here: '503 with `Retry-After`, `UNAVAILABLE` with `RetryInfo`',
    shown: [GRPC, 'asks to come again'],
  },
  {
    what: 'Wrong path, method, type',
    here: '404, 405, 415, each with a sentence that says the right one',
    shown: [HTTP, 'is told what the right path'],
  },
  {
    what: 'Wrong protocol',
    here: 'gRPC at the HTTP port, HTTP at the gRPC port, TLS at a plain one: said to the sender and in the log',
    shown: [HTTP, 'reads the remedy when gRPC or TLS comes'],
  },
  {
    what: 'No or a wrong token',
    here: '401 with the reason, before the body is read; `UNAUTHENTICATED`',
    shown: [HTTP, 'is refused with 401'],
  },
  {
    what: 'Too large',
    here: '413, `RESOURCE_EXHAUSTED`; counted as sent and as decompressed',
    shown: [HTTP, 'cannot send, or decompress to'],
  },
  { what: 'Pages of other sites', here: 'CORS, off unless named', shown: [HTTP, 'of other sites are not let in'] },
]

export const sending: readonly Row[] = [
  {
    what: '`otlp` (`otlp_grpc`)',
    here: 'gRPC, protobuf; gzip, zstd, deflate, none',
    shown: ['test/interop/otlp-exporters.test.ts', 'understands what is sent with'],
  },
  {
    what: '`otlp_http` (`otlphttp`)',
    here: 'HTTP/1.1, protobuf or JSON; gzip, zstd, deflate, zlib, none',
    shown: ['test/interop/otlp-exporters.test.ts', 'understands what is sent with'],
  },
  {
    what: 'Tried again',
    here: '429, 502, 503, 504 and no answer, after `Retry-After`',
    shown: ['plugins/exporters/otlp_http/index.test.ts', 'of %i is tried again'],
  },
  {
    what: 'Tried again over gRPC',
    here: 'the codes that the specification names, `RESOURCE_EXHAUSTED` only with `RetryInfo`',
    shown: ['plugins/exporters/otlp/otlp.test.ts', 'with RetryInfo says when'],
  },
  {
    what: 'Given up',
    here: 'every other status, in the server’s words: a dead letter, or dropped by name',
    shown: ['plugins/exporters/otlp_http/index.test.ts', 'of %i is final'],
  },
  {
    what: 'Partial success',
    here: 'not sent again; what was refused is counted with its reason',
    shown: ['plugins/exporters/otlp_http/index.test.ts', 'that took a part is not sent again'],
  },
  {
    what: 'Proxies',
    here: 'HTTP proxies, for gRPC by CONNECT',
    shown: ['plugins/exporters/otlp/otlp.test.ts', 'goes through a proxy'],
  },
  {
    what: 'Authentication',
    here: 'headers, `bearertokenauth`, `basicauth`, client certificates',
    shown: ['test/interop/otlp-chain.test.ts', 'mutual TLS'],
  },
]

export const peers: readonly Row[] = [
  {
    what: 'OpenTelemetry SDK for JavaScript',
    here: 'sends to us: logs, metrics, traces; gRPC, HTTP with protobuf and with JSON; none, gzip',
    shown: ['test/interop/otel-sdk.test.ts', 'brings every signal over'],
  },
  {
    what: 'OpenTelemetry SDK for Python',
    here: 'sends to us: the same',
    shown: ['test/interop/python-sdk.test.ts', 'brings every signal over'],
  },
  {
    what: '`telemetrygen` 0.161',
    here: 'sends to us: load of each signal over both protocols, all of which arrives',
    shown: ['test/interop/telemetrygen.test.ts', 'sends $signal over $protocol'],
  },
  {
    what: 'OpenTelemetry Collector 0.158',
    here: 'sends to us with `otlp` and `otlphttp`: none, gzip, zstd, deflate, JSON',
    shown: ['test/interop/otelcol-sends.test.ts', 'hands on what it got with'],
  },
  {
    what: 'OpenTelemetry Collector 0.158',
    here: 'takes what we send with `otlp` and `otlp_http`, record by record',
    shown: ['test/interop/otlp-exporters.test.ts', 'understands what is sent with'],
  },
  {
    what: 'Prometheus',
    here: 'fetches from `prometheus`, takes what `prometheusremotewrite` sends',
    shown: ['test/interop/prometheus.test.ts', 'Prometheus'],
  },
  {
    what: 'VictoriaMetrics, VictoriaLogs',
    here: 'take what `prometheusremotewrite` and `loki` send',
    shown: ['test/interop/victoria.test.ts', 'takes records from loki'],
  },
]

const CONFIG = 'core/config/config.test.ts'
const EXAMPLES = 'test/config/examples.test.ts'

export const configuration: readonly Row[] = [
  {
    what: 'Its own example configurations',
    here: 'those of components that both have run unchanged; the others are told by name what is not here',
    shown: [EXAMPLES, '%s runs'],
  },
  {
    what: 'Ids `type/name`, pipelines `signal/name`, connectors',
    here: 'the same',
    shown: ['core/config/signals.test.ts', 'may share a receiver and an exporter'],
  },
  {
    what: '`${env:X}`, `${env:X:-default}`, `${X}`, `$$`',
    here: 'the same, typed by the text; a variable that is not set is an error unless `--allow-unset`',
    shown: [CONFIG, 'take the type their text has in YAML'],
  },
  {
    what: '`${file:path}`',
    here: 'the same, beside the file it stands in',
    shown: [CONFIG, 'read files beside the file they stand in'],
  },
  {
    what: '`--config` more than once; `env:`, `yaml:` as its value',
    here: 'the same; `http:` is not read',
    shown: [CONFIG, 'come from variables and texts as otelcol has them'],
  },
  {
    what: '`--set`',
    here: 'the same, lists by index too',
    shown: [CONFIG, 'are overridden by --set'],
  },
  {
    what: '`sending_queue`, `retry_on_failure`, `timeout`',
    here: 'the same names and defaults; differences below',
    shown: ['core/engine/options.test.ts', 'have the defaults of the OpenTelemetry Collector'],
  },
  {
    what: '`service.telemetry`',
    here: '`logs.level`, `logs.encoding`, `metrics.level`, `metrics.readers`, `traces.processors`, `resource`',
    shown: ['test/cli/own-telemetry.test.ts', 'are sent over OTLP'],
  },
  {
    what: 'Unknown components and options',
    here: 'errors, all at once, with line, column and what to do; never ignored',
    shown: ['test/config/mistakes.test.ts', 'is told in words'],
  },
]
