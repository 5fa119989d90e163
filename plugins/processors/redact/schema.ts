import type { JsonSchema } from 'seneca-collector'

const patterns = { type: 'array', items: { type: 'string', minLength: 1 }, default: [] } as const

export const schema = {
  type: 'object',
  properties: {
    allow_all_keys: {
      type: 'boolean',
      default: true,
      description:
        'Keep attributes of every name. When false only `allowed_keys` (and `ignored_keys`) stay, the others are removed.',
    },
    allowed_keys: {
      ...patterns,
      description: 'Attributes that stay when `allow_all_keys` is false; their values are still searched.',
    },
    ignored_keys: { ...patterns, description: 'Attributes that stay as they are, whatever they hold.' },
    blocked_key_patterns: {
      ...patterns,
      description: 'Patterns (RE2) of attribute and member names whose whole value is redacted.',
    },
    blocked_values: { ...patterns, description: 'Patterns (RE2) of text that is redacted wherever it stands.' },
    allowed_values: {
      ...patterns,
      description: 'Patterns (RE2) of matches that stay although a blocked pattern found them.',
    },
    built_in: {
      type: 'array',
      items: { enum: ['email', 'bearer', 'api_key', 'private_key', 'url_password', 'credit_card', 'home_path'] },
      default: ['email', 'bearer', 'api_key', 'private_key', 'url_password', 'credit_card', 'home_path'],
      description: 'Built-in rules beside `blocked_values`.',
    },
    action: {
      enum: ['mask', 'hash'],
      default: 'mask',
      description:
        '`mask` puts `mask_text` in place of what was found; `hash` the first 16 digits of its SHA-256, so that equal values stay equal.',
    },
    mask_text: { type: 'string', default: '****', description: 'What stands in place of redacted text.' },
    redact_body: { type: 'boolean', default: true, description: 'Search the strings of the body, too.' },
    redact_resource: { type: 'boolean', default: true, description: 'Search the attributes of the resource, too.' },
    summary: {
      enum: ['silent', 'info', 'debug'],
      default: 'silent',
      description:
        '`info` adds the number of redacted values to every changed record (`redaction.masked.count`, `redaction.redacted.count`), `debug` also the names (`redaction.masked.keys`, `redaction.redacted.keys`).',
    },
  },
} as const satisfies JsonSchema
