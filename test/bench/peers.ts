/**
 * Other programs that can do W1, each at its cheapest and used when it is on the PATH. Those that follow a file for ever
 * are stopped when their output has all records.
 */
import { accessSync, constants, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

export interface Job {
  readonly input: string
  readonly output: string
  /** Records that must come out. */
  readonly expected: number
  /** A folder of its own. */
  readonly folder: string
}

export interface Candidate {
  readonly name: string
  readonly command: (job: Job) => readonly string[]
  readonly environment?: (job: Job) => Readonly<Record<string, string>>
  readonly followsForEver?: boolean
  /** What each record has once in the output; a newline when absent. */
  readonly mark?: string
  /** Its output has another form by nature and is not compared. */
  readonly otherForm?: boolean
}

const isOnPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

const configured = (job: Job, name: string, text: string): string => {
  const file = join(job.folder, name)
  writeFileSync(file, text)
  return file
}

const lua = `function change(tag, timestamp, record)
  record.metadata.env = "production"
  record.metadata.region = "eu-central-1"
  record.collector = "seneca"
  record.data.agent = record.data.agent_id
  record.data.agent_id = nil
  record.metadata.category = string.upper(record.metadata.category)
  return 2, timestamp, record
end
`

const fluentBit = (job: Job): readonly string[] => {
  const script = configured(job, 'change.lua', lua)
  const parsers = configured(job, 'parsers.conf', '[PARSER]\n    Name events\n    Format json\n')
  const text = `[SERVICE]
    Flush 0.2
    Log_Level error
    Parsers_File ${parsers}
[INPUT]
    Name tail
    Path ${job.input}
    Read_from_Head true
    Parser events
    Buffer_Chunk_Size 1M
    Buffer_Max_Size 4M
    Tag w1
[FILTER]
    Name grep
    Match *
    Exclude $metadata['severity'] ^debug$
[FILTER]
    Name lua
    Match *
    script ${script}
    call change
[OUTPUT]
    Name file
    Match *
    Path ${job.folder}
    File ${job.output.slice(job.output.lastIndexOf('/') + 1)}
    Format plain
`
  return ['fluent-bit', '-c', configured(job, 'fluent-bit.conf', text)]
}

const jqProgram = `select(.metadata.severity != "debug")
| .metadata.env = "production" | .metadata.region = "eu-central-1" | .collector = "seneca"
| .data.agent = .data.agent_id | del(.data.agent_id) | .metadata.category |= ascii_upcase`

const benthos = (job: Job): readonly string[] => {
  const text = `input:
  file: { paths: [${job.input}], scanner: { lines: {} } }
pipeline:
  processors:
    - mapping: |
        root = if this.metadata.severity == "debug" { deleted() } else { this }
        root.metadata.env = "production"
        root.metadata.region = "eu-central-1"
        root.collector = "seneca"
        root.data.agent = this.data.agent_id
        root.data.agent_id = deleted()
        root.metadata.category = this.metadata.category.uppercase()
output:
  file: { path: ${job.output}, codec: lines }
`
  return ['benthos', '-c', configured(job, 'benthos.yaml', text)]
}

const vector = (job: Job): readonly string[] => {
  const text = `data_dir: ${job.folder}
sources:
  in: { type: file, include: [${job.input}], read_from: beginning }
transforms:
  change:
    type: remap
    inputs: [in]
    drop_on_abort: true
    source: |
      . = parse_json!(.message)
      if .metadata.severity == "debug" { abort }
      .metadata.env = "production"
      .metadata.region = "eu-central-1"
      .collector = "seneca"
      .data.agent = del(.data.agent_id)
      .metadata.category = upcase!(.metadata.category)
sinks:
  out: { type: file, inputs: [change], path: ${job.output}, encoding: { codec: json } }
`
  return ['vector', '--quiet', '--config', configured(job, 'vector.yaml', text)]
}

const otelcol =
  (program: string) =>
  (job: Job): readonly string[] => {
    const text = `receivers:
  filelog:
    include: ['${job.input}']
    start_at: beginning
    include_file_name: false
    operators: [{ type: json_parser, parse_to: body }]
processors:
  filter: { logs: { log_record: ['body["metadata"]["severity"] == "debug"'] } }
  transform:
    log_statements:
      - context: log
        statements:
          - set(body["metadata"]["env"], "production")
          - set(body["metadata"]["region"], "eu-central-1")
          - set(body["collector"], "seneca")
          - set(body["data"]["agent"], body["data"]["agent_id"])
          - delete_key(body["data"], "agent_id")
          - set(body["metadata"]["category"], ToUpperCase(body["metadata"]["category"]))
  batch: { send_batch_size: 8192, timeout: 200ms }
exporters:
  file: { path: '${job.output}' }
service:
  telemetry: { metrics: { level: none }, logs: { level: error } }
  pipelines:
    logs: { receivers: [filelog], processors: [filter, transform, batch], exporters: [file] }
`
    return [program, '--config', configured(job, 'otelcol.yaml', text)]
  }

/** Flattens the events: its records have other keys. */
const telegraf = (job: Job): readonly string[] => {
  const text = `[agent]
  interval = "1s"
  flush_interval = "200ms"
  metric_batch_size = 10000
  metric_buffer_limit = 2000000
  quiet = true
  omit_hostname = true
[[inputs.tail]]
  files = ["${job.input}"]
  from_beginning = true
  max_undelivered_lines = 100000
  data_format = "json"
  json_string_fields = ["*"]
  metricpass = 'fields.metadata_severity != "debug"'
[[processors.override]]
  order = 1
  [processors.override.tags]
    env = "production"
    region = "eu-central-1"
    collector = "seneca"
[[processors.rename]]
  order = 2
  [[processors.rename.replace]]
    field = "data_agent_id"
    dest = "data_agent"
[[processors.strings]]
  order = 3
  [[processors.strings.uppercase]]
    field = "metadata_category"
[[outputs.file]]
  files = ["${job.output}"]
  data_format = "json"
`
  return ['telegraf', '--config', configured(job, 'telegraf.conf', text)]
}

/** Once in each record of OTLP/JSON. */
const OTLP_MARK = '"observedTimeUnixNano"'

const peers: readonly (Candidate & { readonly program: string })[] = [
  { program: 'fluent-bit', name: 'Fluent Bit', command: fluentBit, followsForEver: true },
  ...['otelcol', 'otelcol-contrib'].map((program) => ({
    program,
    name: program,
    command: otelcol(program),
    followsForEver: true,
    mark: OTLP_MARK,
    otherForm: true,
  })),
  { program: 'telegraf', name: 'Telegraf', command: telegraf, followsForEver: true, otherForm: true },
  { program: 'benthos', name: 'Benthos', command: benthos },
  { program: 'vector', name: 'Vector', command: vector, followsForEver: true },
  {
    program: 'jq',
    name: 'jq',
    command: ({ input, output }) => ['sh', '-c', 'exec jq -c "$1" "$2" > "$3"', 'sh', jqProgram, input, output],
  },
]

export const presentPeers = (): readonly Candidate[] => peers.filter(({ program }) => isOnPath(program))

/** True when a file has this many marks; counts only what was added since it was asked before. */
export const markCounter = (file: string, expected: number, mark = '\n'): (() => Promise<boolean>) => {
  let [marks, offset] = [0, 0]
  const wanted = Buffer.from(mark)
  const buffer = Buffer.alloc(1 << 20)
  return async () => {
    const handle = await open(file).catch(() => undefined)
    if (!handle) return false
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset)
      if (bytesRead < wanted.length) break
      const fresh = buffer.subarray(0, bytesRead)
      for (let at = fresh.indexOf(wanted); at >= 0; at = fresh.indexOf(wanted, at + wanted.length)) marks++
      // A mark cut off at the end is seen whole next time, one that was whole is not.
      offset += bytesRead - wanted.length + 1
    }
    await handle.close()
    return marks >= expected
  }
}
