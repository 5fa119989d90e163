/** The options of file_log: the OpenTelemetry Collector's names and defaults, `format` and `on_invalid` are ours. */
import type { ConfigProblem, Infer, JsonSchema } from 'seneca-collector'
import { compileGlobs, compilePattern } from 'seneca-collector/tail'
import { checkOperators } from './operators.ts'

const patterns = (description: string, fallback?: readonly string[]) =>
  ({
    type: 'array',
    items: { type: 'string', minLength: 1 },
    description,
    ...(fallback === undefined ? {} : { default: fallback }),
  }) as const

const flag = <const D extends boolean>(fallback: D, description: string) =>
  ({ type: 'boolean', default: fallback, description }) as const

export const schema = {
  type: 'object',
  required: ['include'],
  properties: {
    include: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      description:
        'Paths or globs of the files to read (`*`, `**`, `?`, `[a-z]`, `{a,b}`), from the folder of the configuration.',
    },
    exclude: { ...patterns('Globs of files to leave out.'), default: [] },
    start_at: {
      type: 'string',
      enum: ['beginning', 'end'],
      default: 'end',
      description: 'Where to begin in files that are there at the first start. Later files are read whole.',
    },
    format: {
      type: 'string',
      enum: ['text', 'json', 'envelope', 'otlp_json'],
      default: 'text',
      description:
        'What a line holds: text (the body), a JSON value (the body), a Seneca event envelope, or an OTLP/JSON request.',
    },
    on_invalid: {
      type: 'string',
      enum: ['text', 'skip'],
      default: 'text',
      description: 'A line that is not of the format: pass it on as text, or leave it out. Both are counted.',
    },
    poll_interval: {
      type: 'string',
      format: 'duration',
      default: '200ms',
      description: 'How often to look for new files and new lines where the system does not tell of changes.',
    },
    fingerprint_size: {
      type: 'string',
      format: 'bytesize',
      default: '1000',
      description: 'How many first bytes tell one content from another when a file is found again.',
    },
    max_log_size: {
      type: 'string',
      format: 'bytesize',
      default: '1MiB',
      description: 'Longest entry.',
    },
    max_log_size_behavior: {
      type: 'string',
      enum: ['split', 'truncate', 'skip'],
      default: 'split',
      description: 'A longer entry: go on in further records, leave its rest out, or leave all of it out.',
    },
    on_truncate: {
      enum: ['read_whole_file'],
      default: 'read_whole_file',
      description: 'A file that has become shorter, as copytruncate leaves it, is read from its start.',
    },
    max_concurrent_files: {
      type: 'integer',
      minimum: 1,
      default: 1024,
      description: 'Most files kept open; more are read in turn.',
    },
    encoding: {
      type: 'string',
      enum: ['utf-8', 'utf8', 'utf-8-raw', 'ascii', 'us-ascii'],
      default: 'utf-8',
      description: 'Encoding of the files.',
    },
    include_file_name: {
      type: 'boolean',
      description:
        'Set the attribute `log.file.name`. By default for `text` and `json`; an envelope or OTLP record stays as it is.',
    },
    include_file_path: flag(false, 'Set the attribute `log.file.path`.'),
    preserve_leading_whitespaces: flag(false, 'Keep white space before an entry (format text).'),
    preserve_trailing_whitespaces: flag(false, 'Keep white space after an entry (format text).'),
    force_flush_period: {
      type: 'string',
      format: 'duration',
      default: '500ms',
      description:
        'An entry without its end is passed on when nothing has followed for so long; a line of JSON only when it is whole. 0 = never.',
    },
    multiline: {
      type: 'object',
      description: 'Entries of more than one line; one of the two patterns (RE2).',
      properties: {
        line_start_pattern: { type: 'string', minLength: 1, description: 'What every entry begins with.' },
        line_end_pattern: { type: 'string', minLength: 1, description: 'What every entry ends with.' },
        omit_pattern: flag(false, 'Leave the matched text out.'),
      },
    },
    attributes: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Attributes set on every record.',
    },
    resource: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Resource attributes set on every record.',
    },
    operators: {
      type: 'array',
      items: { type: 'object', additionalProperties: true },
      default: [],
      description:
        'The OpenTelemetry form of `json_parser`, with its `timestamp` and `severity` blocks; no other operators.',
    },
    retry_on_failure: {
      type: 'object',
      additionalProperties: true,
      description: 'Accepted and not needed: a rejected batch is kept and sent again until it is taken.',
    },
  },
} as const satisfies JsonSchema

export type Options = Infer<typeof schema>

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const tryTo = (path: readonly (string | number)[], attempt: () => unknown): ConfigProblem[] => {
  try {
    attempt()
    return []
  } catch (error) {
    return [{ path, message: message(error) }]
  }
}

export const check = (options: Options, info: { readonly folder: string }): ConfigProblem[] => {
  const { line_start_pattern: start, line_end_pattern: end } = options.multiline ?? {}
  const problems: ConfigProblem[] = []
  for (const key of ['include', 'exclude'] as const) {
    for (const [index, pattern] of options[key].entries()) {
      problems.push(...tryTo([key, index], () => compileGlobs([pattern], info.folder)))
    }
  }
  if (options.multiline !== undefined && (start === undefined) === (end === undefined)) {
    problems.push({ path: ['multiline'], message: 'give one of line_start_pattern and line_end_pattern' })
  }
  if (start !== undefined) problems.push(...tryTo(['multiline', 'line_start_pattern'], () => compilePattern(start)))
  if (end !== undefined) problems.push(...tryTo(['multiline', 'line_end_pattern'], () => compilePattern(end)))
  if (options.fingerprint_size < 16) {
    problems.push({ path: ['fingerprint_size'], message: 'at least 16 bytes are needed to tell files apart' })
  }
  if (options.operators.length > 0 && options.format !== 'text') {
    problems.push({
      path: ['operators'],
      message: `operators parse lines of text; format is ${options.format}`,
      suggestion: 'remove one of the two',
    })
  }
  return [...problems, ...checkOperators(options.operators)]
}
