/** The options of file: the OpenTelemetry Collector's names and defaults; sync, rotation by time and gzip are ours. */
import type { CheckInfo, ConfigProblem, Infer, JsonSchema } from 'seneca-collector'

export const schema = {
  type: 'object',
  required: ['path'],
  properties: {
    path: {
      type: 'string',
      minLength: 1,
      exclusive: 'file',
      description: 'File to write, from the folder of the configuration.',
    },
    format: {
      type: 'string',
      enum: ['otlp_json', 'otlp_proto', 'envelope', 'body', 'text', 'json', 'proto'],
      default: 'otlp_json',
      description:
        'A line per batch as OTLP/JSON, length-prefixed OTLP messages, or a line per record: its Seneca envelope, its body as JSON, its body as text. `json` and `proto` are OpenTelemetry’s names of the first two.',
    },
    append: {
      type: 'boolean',
      description:
        'Whether to go on behind what the file holds. By default yes, whoever wrote it; with `false` it is emptied at every start.',
    },
    rotation: {
      type: 'object',
      description: 'Begin a new file when the present one is large or old; the old one gets a time in its name.',
      properties: {
        max_megabytes: { type: 'integer', minimum: 0, default: 100, description: 'Largest file in MiB; 0 = any.' },
        interval: {
          type: 'string',
          format: 'duration',
          default: '0s',
          description: 'Longest time in one file; 0 = any.',
        },
        max_days: { type: 'integer', minimum: 0, default: 0, description: 'Delete older files; 0 = never.' },
        max_backups: { type: 'integer', minimum: 0, default: 100, description: 'Keep so many old files; 0 = all.' },
        localtime: { type: 'boolean', default: false, description: 'Local time in the names instead of UTC.' },
      },
    },
    compression: {
      type: 'string',
      enum: ['none', 'gzip', 'zstd'],
      default: 'none',
      description: 'Each batch is one gzip member or zstd frame; `zcat` and `zstdcat` read the file as a whole.',
    },
    create_directory: { type: 'boolean', default: false, description: 'Create the folder of the file.' },
    directory_permissions: {
      type: 'string',
      pattern: '^[0-7]{3,4}$',
      default: '0755',
      description: 'Permissions of a created folder.',
    },
    sync: {
      type: 'string',
      enum: ['none', 'interval', 'batch'],
      default: 'interval',
      description:
        'When what was written is forced to the disk, which only matters when the machine dies: never, every `flush_interval`, or before a batch is acknowledged.',
    },
    flush_interval: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'How often under `sync: interval`.',
    },
  },
} as const satisfies JsonSchema

export type Options = Infer<typeof schema>
export type Rotation = NonNullable<Options['rotation']>

const lineFormats: readonly string[] = ['envelope', 'body', 'text']

export const check = (options: Options, { pipelines }: CheckInfo): ConfigProblem[] => {
  const { rotation } = options
  const problems: ConfigProblem[] = []
  if (rotation !== undefined && rotation.max_megabytes === 0 && rotation.interval === 0) {
    problems.push({ path: ['rotation'], message: 'neither max_megabytes nor interval is set: nothing ever rotates' })
  }
  const other = pipelines.find((id) => !id.startsWith('logs'))
  if (other !== undefined && lineFormats.includes(options.format)) {
    problems.push({
      path: ['format'],
      message: `${options.format} is for logs, and the pipeline '${other}' carries ${other.split('/')[0]}`,
      suggestion: 'use otlp_json or otlp_proto',
    })
  }
  if (options.sync === 'interval' && options.flush_interval <= 0) {
    problems.push({ path: ['flush_interval'], message: 'must be more than zero' })
  }
  return problems
}
