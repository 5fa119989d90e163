import type { JsonSchema } from 'seneca-collector'

const strings = { type: 'array', items: { type: 'string' } } as const

/** One policy's options; `and`, `not`, `drop` and `composite` hold such. */
const simple = {
  name: { type: 'string', minLength: 1, description: 'Its name, in counts and messages.' },
  type: {
    enum: [
      'always_sample',
      'latency',
      'numeric_attribute',
      'probabilistic',
      'status_code',
      'string_attribute',
      'trace_state',
      'trace_flags',
      'rate_limiting',
      'bytes_limiting',
      'span_count',
      'boolean_attribute',
      'ottl_condition',
      'and',
      'not',
      'drop',
      'composite',
    ],
    description: 'What kind of policy it is; its options stand under the same name.',
  },
  latency: {
    type: 'object',
    description: 'By the time from the earliest start to the latest end.',
    required: ['threshold_ms'],
    properties: {
      threshold_ms: { type: 'integer', minimum: 0, description: 'More than this.' },
      upper_threshold_ms: { type: 'integer', minimum: 0, default: 0, description: 'At most this; 0 = without limit.' },
    },
  },
  numeric_attribute: {
    type: 'object',
    description: 'By a whole-numbered attribute of a span or of its resource.',
    required: ['key'],
    properties: {
      key: { type: 'string', minLength: 1, description: 'The attribute.' },
      min_value: { type: 'integer', description: 'At least.' },
      max_value: { type: 'integer', description: 'At most.' },
      invert_match: { type: 'boolean', default: false, description: 'The others.' },
    },
  },
  probabilistic: {
    type: 'object',
    description: 'A share of all traces.',
    required: ['sampling_percentage'],
    properties: {
      sampling_percentage: { type: 'number', minimum: 0, maximum: 100, description: 'The share.' },
      hash_salt: {
        type: 'string',
        default: 'default-hash-seed',
        description: 'Collectors that shall decide alike have the same.',
      },
    },
  },
  status_code: {
    type: 'object',
    description: 'By the status of a span.',
    required: ['status_codes'],
    properties: {
      status_codes: {
        type: 'array',
        minItems: 1,
        items: { enum: ['OK', 'ERROR', 'UNSET'] },
        description: 'One of these.',
      },
    },
  },
  string_attribute: {
    type: 'object',
    description: 'By a text attribute of a span or of its resource.',
    required: ['key', 'values'],
    properties: {
      key: { type: 'string', minLength: 1, description: 'The attribute.' },
      values: { ...strings, minItems: 1, description: 'One of these texts or patterns.' },
      enabled_regex_matching: { type: 'boolean', default: false, description: 'They are patterns (RE2).' },
      cache_max_size: { type: 'integer', minimum: 0, description: 'Without meaning here: patterns are compiled once.' },
      invert_match: { type: 'boolean', default: false, description: 'The others.' },
    },
  },
  trace_state: {
    type: 'object',
    description: 'By an entry of the tracestate.',
    required: ['key', 'values'],
    properties: {
      key: { type: 'string', minLength: 1, description: 'The key.' },
      values: { ...strings, minItems: 1, description: 'One of these.' },
    },
  },
  rate_limiting: {
    type: 'object',
    description: 'So many spans a second.',
    required: ['spans_per_second'],
    properties: {
      spans_per_second: { type: 'integer', minimum: 1, description: 'The limit.' },
      burst_capacity: { type: 'integer', minimum: 0, description: 'At once; 0 = twice the rate, as by default.' },
    },
  },
  bytes_limiting: {
    type: 'object',
    description: 'So many bytes a second.',
    required: ['bytes_per_second'],
    properties: {
      bytes_per_second: { type: 'integer', minimum: 1, description: 'The limit.' },
      burst_capacity: { type: 'integer', minimum: 0, description: 'At once; 0 = twice the rate, as by default.' },
    },
  },
  span_count: {
    type: 'object',
    description: 'By the number of spans.',
    properties: {
      min_spans: { type: 'integer', minimum: 0, default: 0, description: 'At least.' },
      max_spans: { type: 'integer', minimum: 0, default: 0, description: 'At most; 0 = without limit.' },
    },
  },
  boolean_attribute: {
    type: 'object',
    description: 'By a boolean attribute of a span or of its resource.',
    required: ['key', 'value'],
    properties: {
      key: { type: 'string', minLength: 1, description: 'The attribute.' },
      value: { type: 'boolean', description: 'Its value.' },
      invert_match: { type: 'boolean', default: false, description: 'The others.' },
    },
  },
  ottl_condition: {
    type: 'object',
    description: 'By conditions (OTTL), of which one has to hold for a span or one of its events.',
    properties: {
      error_mode: {
        enum: ['propagate', 'ignore', 'silent'],
        default: 'propagate',
        description: 'What happens when one fails: `propagate` counts as not sampled.',
      },
      span: { ...strings, default: [], description: 'Conditions on spans.' },
      spanevent: { ...strings, default: [], description: 'Conditions on span events.' },
    },
  },
} as const satisfies Record<string, JsonSchema>

const not = {
  type: 'object',
  description: 'The opposite of another.',
  required: ['not_sub_policy'],
  properties: {
    not_sub_policy: {
      type: 'object',
      required: ['name', 'type'],
      properties: simple,
      description: 'The policy.',
    },
  },
} as const

const several = {
  type: 'array',
  minItems: 1,
  items: { type: 'object', required: ['name', 'type'], properties: { ...simple, not } },
  description: 'The policies.',
} as const

const and = {
  type: 'object',
  description: 'All of several.',
  required: ['and_sub_policy'],
  properties: { and_sub_policy: several },
} as const

export const policySchema = {
  type: 'object',
  required: ['name', 'type'],
  properties: {
    ...simple,
    and,
    not,
    drop: {
      type: 'object',
      description: 'Leave it out, whatever the other policies say, where all of several hold.',
      required: ['drop_sub_policy'],
      properties: { drop_sub_policy: several },
    },
    composite: {
      type: 'object',
      description: 'Several in an order, each with its share of the spans a second.',
      required: ['composite_sub_policy', 'max_total_spans_per_second'],
      properties: {
        max_total_spans_per_second: { type: 'integer', minimum: 1, description: 'The limit of all.' },
        policy_order: { ...strings, default: [], description: 'Names, the first first.' },
        composite_sub_policy: {
          type: 'array',
          minItems: 1,
          items: { type: 'object', required: ['name', 'type'], properties: { ...simple, and } },
          description: 'The policies.',
        },
        rate_allocation: {
          type: 'array',
          default: [],
          description: 'Shares; a policy without one may use the whole limit.',
          items: {
            type: 'object',
            required: ['policy', 'percent'],
            properties: {
              policy: { type: 'string', description: 'Its name.' },
              percent: { type: 'integer', minimum: 0, maximum: 100, description: 'Its share of the limit.' },
            },
          },
        },
      },
    },
  },
} as const satisfies JsonSchema

export const schema = {
  type: 'object',
  required: ['policies'],
  properties: {
    policies: { type: 'array', minItems: 1, items: policySchema, description: 'What decides.' },
    decision_wait: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'From the first span of a trace to the decision.',
    },
    decision_wait_after_root_received: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description: 'From the root span to the decision, when that is sooner; 0 = off.',
    },
    num_traces: {
      type: 'integer',
      minimum: 1,
      default: 50_000,
      description: 'Traces that wait; of more the oldest is decided early.',
    },
    expected_new_traces_per_sec: { type: 'integer', minimum: 0, default: 0, description: 'Without meaning here.' },
    hold_max_bytes: {
      type: 'string',
      format: 'bytesize',
      default: '256MiB',
      description: 'Bytes that wait; of more the oldest traces are decided early.',
    },
    decision_cache: {
      type: 'object',
      default: {},
      description: 'Decisions remembered for spans that come late.',
      properties: {
        sampled_cache_size: {
          type: 'integer',
          minimum: 0,
          default: 0,
          description: 'Traces that were sampled; 0 = as many as `num_traces`.',
        },
        non_sampled_cache_size: {
          type: 'integer',
          minimum: 0,
          default: 0,
          description: 'Traces that were not; 0 = as many as `num_traces`.',
        },
      },
    },
    sample_on_first_match: { type: 'boolean', default: false, description: 'Stop at the first policy that samples.' },
    drop_pending_traces_on_shutdown: {
      type: 'boolean',
      default: false,
      description: 'Leave out what waits at the end instead of deciding on what is there.',
    },
  },
} as const satisfies JsonSchema
