/** The names of all verbs, in the order that `--help` lists them. */
export const verbNames = [
  'run',
  'demo',
  'tap',
  'now',
  'backfill',
  'validate',
  'components',
  'schema',
  'print-config',
  'graph',
  'status',
  'stats',
  'buffer',
  'dlq',
  'query',
  'explain',
  'state',
  'replay',
  'store',
  'audit',
  'prove',
  'new',
  'test',
  'ottl',
] as const

export type VerbName = (typeof verbNames)[number]
