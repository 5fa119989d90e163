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

const peers: readonly (Candidate & { readonly program: string })[] = [
  { program: 'fluent-bit', name: 'Fluent Bit', command: fluentBit, followsForEver: true },
  { program: 'benthos', name: 'Benthos', command: benthos },
  { program: 'vector', name: 'Vector', command: vector, followsForEver: true },
  {
    program: 'jq',
    name: 'jq',
    command: ({ input, output }) => ['sh', '-c', 'exec jq -c "$1" "$2" > "$3"', 'sh', jqProgram, input, output],
  },
]

export const presentPeers = (): readonly Candidate[] => peers.filter(({ program }) => isOnPath(program))

/** True when a file has this many lines; counts only what was added since it was asked before. */
export const lineCounter = (file: string, expected: number): (() => Promise<boolean>) => {
  let [lines, offset] = [0, 0]
  const buffer = Buffer.alloc(1 << 20)
  return async () => {
    const handle = await open(file).catch(() => undefined)
    if (!handle) return false
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset)
      if (bytesRead === 0) break
      offset += bytesRead
      for (let at = buffer.indexOf(10); at >= 0 && at < bytesRead; at = buffer.indexOf(10, at + 1)) lines++
    }
    await handle.close()
    return lines >= expected
  }
}
