import type { Infer, JsonSchema } from 'seneca-collector'

const place = 'a key of `data` (`agent_id`, `data.agent_id`), `body.x.y`, `attributes.NAME` or `resource.NAME`'

const data = {
  type: 'object',
  additionalProperties: {
    oneOf: [{ type: 'string' }, { type: 'object', properties: { value: {} }, required: ['value'] }],
  },
  description:
    'What the event says: its keys, each with a source (`key`, `key.NAME`, `old`, `new`, `old.FIELD`, `new.FIELD`, `added`, `removed`, `step`, `time`, `row.PATH`) or a fixed `{ value: … }`.',
} as const satisfies JsonSchema

const told = {
  type: 'object',
  properties: { type: { type: 'string', description: 'The type of the event.' }, data },
  required: ['type'],
} as const satisfies JsonSchema

export const rule = {
  type: 'object',
  properties: {
    from: { type: 'string', description: 'Which events are snapshots: a pattern of types or topics.' },
    where: { type: 'string', description: 'An OTTL condition (context `event`) that must hold as well.' },
    key: {
      oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
      description: `What names the thing: ${place}; several make one key. With \`rows\` it names the list, and may be left out.`,
    },
    rows: { type: 'string', description: 'The snapshot is a list of things, and here it is: e.g. `body.agents`.' },
    row_key: {
      type: 'string',
      description:
        'What names a thing inside its row. Without it: the key in a map of rows, the text in a list of texts.',
    },
    fields: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description: 'What is compared; inside the row where there are `rows`.',
    },
    words: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Other words for texts, before they are compared.',
    },
    as: {
      enum: ['fields', 'list', 'steps'],
      default: 'fields',
      description:
        'How a change is told: `fields` old and new of what differs, `list` what was added and removed, `steps` each step a number reached for the first time.',
    },
    steps: { type: 'array', items: { type: 'number' }, default: [], description: 'For `as: steps`.' },
    group_by: {
      type: 'string',
      description: 'Compares which things stand under each value of this field, instead of the things themselves.',
    },
    emit: { type: 'string', description: 'The type of the event that tells a change.' },
    data,
    appeared: { ...told, description: 'The event for a row that was not in the list before.' },
    left: { ...told, description: 'The event for a row that is no longer in the list.' },
    until: { type: 'string', description: 'Events after which a thing is forgotten: a pattern.' },
  },
  required: ['from'],
} as const satisfies JsonSchema

export type Rule = Infer<typeof rule>
export type DataMap = NonNullable<Rule['data']>

export const schema = {
  type: 'object',
  properties: {
    rules: {
      type: 'array',
      items: rule,
      default: [],
      description: 'What is compared, and what is said of a change. Every rule that takes an event looks at it.',
    },
    defaults: {
      type: 'boolean',
      default: true,
      description: 'Adds the built-in rules for statuses, skills, lists of agents and allocations.',
    },
    status_words: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: { working: 'active', available: 'idle' },
      description: 'The words of agents’ statuses, in the built-in rules.',
    },
    drop_unchanged: {
      type: 'boolean',
      default: false,
      description: 'Leaves out snapshots in which nothing has changed, counted as `unchanged`.',
    },
    keys_max: {
      type: 'integer',
      minimum: 1,
      default: 10_000,
      description: 'How many things are remembered; beyond it those not seen longest go.',
    },
    save_interval: {
      type: 'string',
      format: 'duration',
      default: '10s',
      description: 'How often what did not change is saved (when it was last seen). Changes are saved with their ack.',
    },
  },
} as const satisfies JsonSchema
