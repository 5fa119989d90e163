/** The options of nats_jetstream. */
import type { ConfigProblem, Infer, JsonSchema } from 'seneca-collector'
import { compileSubject } from './subject.ts'

const secret = (description: string) => ({ type: 'string', secret: true, description }) as const
const file = (description: string) => ({ type: 'string', minLength: 1, description }) as const

export const schema = {
  type: 'object',
  required: ['stream'],
  properties: {
    servers: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      default: ['nats://127.0.0.1:4222'],
      description: 'Servers of the cluster; any one that answers will do.',
    },
    stream: {
      type: 'object',
      required: ['name'],
      description: 'The stream that takes the events. What is given here must be so there; it is never changed.',
      properties: {
        name: { type: 'string', pattern: '^[^\\s.*>/\\\\]+$', description: 'Its name.' },
        create: {
          type: 'string',
          enum: ['never', 'if_missing'],
          default: 'never',
          description: 'Whether to create it when it is not there.',
        },
        subjects: {
          type: 'array',
          items: { type: 'string', minLength: 1 },
          minItems: 1,
          description:
            'Its subjects. When it is created and none are given: those the template can make of the catalogue’s types.',
        },
        storage: { type: 'string', enum: ['file', 'memory'], description: 'Where the server keeps it.' },
        retention: { type: 'string', enum: ['limits', 'interest', 'workqueue'], description: 'What it keeps.' },
        discard: { type: 'string', enum: ['old', 'new'], description: 'What a full stream drops; `new` refuses ours.' },
        replicas: { type: 'integer', minimum: 1, maximum: 5, description: 'Copies in the cluster.' },
        max_age: { type: 'string', format: 'duration', description: 'How long it keeps messages; 0 = always.' },
        max_bytes: { type: 'string', format: 'bytesize', description: 'Its largest size.' },
        max_messages: { type: 'integer', minimum: -1, description: 'The most messages it keeps; -1 = any.' },
        duplicate_window: {
          type: 'string',
          format: 'duration',
          description: 'How long it remembers ids, so that what is sent again is not stored twice.',
        },
      },
    },
    subject: {
      type: 'string',
      minLength: 1,
      default: '{type}',
      description:
        'Template of the subject: `{type}`, `{topic}`, `{source}`, or an attribute such as `{marcus.project.id}`.',
    },
    format: {
      type: 'string',
      enum: ['envelope', 'otlp_json', 'otlp_proto', 'body', 'text'],
      default: 'envelope',
      description: 'What a message holds; one record each.',
    },
    max_in_flight: {
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
      default: 4_000,
      description: 'Messages sent and not yet acknowledged.',
    },
    max_batches_in_flight: {
      type: 'integer',
      minimum: 1,
      maximum: 64,
      default: 4,
      description: 'Batches sent side by side. With 1 the order is kept even when one must be sent again.',
    },
    ack_timeout: {
      type: 'string',
      format: 'duration',
      default: '5s',
      description: 'How long to wait for the next acknowledgement before a batch is sent again.',
    },
    connect_timeout: {
      type: 'string',
      format: 'duration',
      default: '5s',
      description: 'Limit of one attempt to connect.',
    },
    domain: { type: 'string', minLength: 1, description: 'JetStream domain.' },
    token: secret('Token.'),
    user: { type: 'string', minLength: 1, description: 'User name, with `password`.' },
    password: secret('Password of the user.'),
    creds_file: file('File with a JWT and its seed.'),
    nkey_seed: secret('Seed of an nkey (`SU…`).'),
    nkey_seed_file: file('File with the seed of an nkey.'),
    tls: {
      type: 'object',
      description: 'TLS; also used when a server asks for it.',
      properties: {
        ca_file: file('Certificate authority.'),
        cert_file: file('Certificate of this client.'),
        key_file: file('Key of this client.'),
        server_name_override: {
          type: 'string',
          minLength: 1,
          description: 'Name expected in the certificate of the server.',
        },
        insecure_skip_verify: { type: 'boolean', default: false, description: 'Accept any certificate.' },
        handshake_first: {
          type: 'boolean',
          default: false,
          description: 'Begin with TLS, before the server says anything.',
        },
      },
    },
  },
} as const satisfies JsonSchema

export type Options = Infer<typeof schema>

export const check = (options: Options): ConfigProblem[] => {
  const problems: ConfigProblem[] = []
  try {
    compileSubject(options.subject)
  } catch (error) {
    problems.push({ path: ['subject'], message: error instanceof Error ? error.message : String(error) })
  }
  const ways = (['token', 'user', 'creds_file', 'nkey_seed', 'nkey_seed_file'] as const).filter(
    (key) => options[key] !== undefined,
  )
  if (ways.length > 1) problems.push({ path: [ways[1] ?? ''], message: `give one of ${ways.join(' and ')}` })
  if ((options.user === undefined) !== (options.password === undefined)) {
    problems.push({
      path: [options.user === undefined ? 'password' : 'user'],
      message: 'user and password go together',
    })
  }
  if ((options.tls?.cert_file === undefined) !== (options.tls?.key_file === undefined)) {
    problems.push({ path: ['tls'], message: 'cert_file and key_file go together' })
  }
  return problems
}
