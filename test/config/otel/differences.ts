const KEPT =
  'the same without `storage`, but four attempts at most unless it or `max_attempts` is written; with it a batch is kept until it is taken, which is what it is stored for'

/** Where an option of the OpenTelemetry Collector has another default here, and why. Keys: component, then option. */
export const differences: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'exporter/file': {
    format: 'the same: `json` is another name of `otlp_json`',
    append: 'a file is continued unless `append: false` is written: nothing that is there is lost by a restart',
  },
  'exporter/otlp': {
    'retry_on_failure.max_elapsed_time': KEPT,
  },
  'exporter/otlp_http': {
    'retry_on_failure.max_elapsed_time': KEPT,
    'compression_params.level': 'the fastest: a fraction of the CPU for a few per cent more bytes',
  },
  'exporter/prometheus': {
    sending_queue: 'off, as there: what is asked for is in memory anyway',
  },
  'exporter/prometheusremotewrite': {
    'retry_on_failure.max_elapsed_time': KEPT,
  },
  'processor/memory_limiter': {
    check_interval: 'not needed: what comes is weighed when it comes; there it must be written',
  },
  'receiver/file_log': {
    include_file_name: 'the same for `text` and `json`; an envelope or OTLP record stays as it is',
    'retry_on_failure.enabled': 'no effect: what is rejected is always kept, and sent again until it is taken',
    on_truncate: 'a file that was emptied is read from its start, so that nothing is lost; there it is passed over',
  },
  'receiver/otlp': {
    'protocols.http.compression_algorithms':
      'snappy, x-snappy-framed and lz4 are answered 415 with the encodings that are taken: no SDK sends them unasked, and Node has none of them',
    'protocols.http.idle_timeout': 'idle connections are closed; there they are kept for ever',
    'protocols.http.read_header_timeout': 'a request must come in time; there it may take for ever',
    'protocols.http.write_timeout': 'no effect: answers are small and never waited for',
  },
}
