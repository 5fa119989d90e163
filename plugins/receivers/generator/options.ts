/** The options of generator. */
import type { ConfigProblem, Infer, JsonSchema } from 'seneca-collector'
import { catalogue, eventType } from 'seneca-collector/events'

export const schema = {
  type: 'object',
  properties: {
    rate: {
      type: 'number',
      minimum: 0,
      default: 10,
      description: 'Events per second, kept exactly over any time; 0 = as fast as they are taken.',
    },
    count: { type: 'integer', minimum: 0, default: 0, description: 'Stop after so many events; 0 = go on.' },
    duration: { type: 'string', format: 'duration', default: '0s', description: 'Stop after so long; 0 = go on.' },
    seed: {
      type: 'integer',
      minimum: 0,
      description: 'The same seed gives the same events with the same ids. By default every start has its own.',
    },
    types: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      default: ['agent.work.requested', 'task.assigned', 'task.started', 'task.progress.updated', 'task.completed'],
      description: 'Types of events, each as often as it is listed. Those of the catalogue carry its example data.',
    },
    agents: { type: 'integer', minimum: 1, default: 5, description: 'How many agents act.' },
    tasks: { type: 'integer', minimum: 1, default: 20, description: 'How many tasks they work on.' },
    payload_bytes: {
      type: 'string',
      format: 'bytesize',
      default: '0',
      description: 'Size of a text added to the data, for tests of load.',
    },
  },
} as const satisfies JsonSchema

export type Options = Infer<typeof schema>

const MAX_PAYLOAD = 16 * 1024 * 1024

export const check = (options: Options): ConfigProblem[] => {
  const problems: ConfigProblem[] = []
  for (const [index, type] of options.types.entries()) {
    if (eventType(type) !== undefined) continue
    const subject = type.split('.', 1)[0] ?? ''
    const near = catalogue.find((known) => known.type.startsWith(`${subject}.`))
    problems.push({
      path: ['types', index],
      message: `${type} is no type of the catalogue: its events carry agent and task only`,
      severity: 'warning',
      ...(near === undefined ? {} : { suggestion: near.type }),
    })
  }
  if (options.payload_bytes > MAX_PAYLOAD) {
    problems.push({ path: ['payload_bytes'], message: `at most ${MAX_PAYLOAD} bytes` })
  }
  return problems
}
