import type { JsonSchema } from 'seneca-collector'

export const schema = {
  type: 'object',
  properties: {
    volume: {
      type: 'object',
      description: 'Spikes and dead periods against what the hour usually brings.',
      default: {},
      properties: { enabled: { type: 'boolean', default: true, description: 'Watch for them.' } },
    },
    volume_level: {
      type: 'object',
      description: 'The bands low, normal, high and critical of the last hour.',
      default: {},
      properties: { enabled: { type: 'boolean', default: true, description: 'Tell when the band changes.' } },
    },
    sequence: {
      type: 'object',
      description: 'Order inside one task.',
      default: {},
      properties: {
        enabled: { type: 'boolean', default: true, description: 'Watch for events out of sequence.' },
        opens: {
          type: 'array',
          items: { type: 'string' },
          default: ['task.created'],
          description: 'Types that begin a task’s life.',
        },
        grants: {
          type: 'array',
          items: { type: 'string' },
          default: ['task.assigned'],
          description: 'Types one of which must have come first.',
        },
        needs: {
          type: 'array',
          items: { type: 'string' },
          default: [
            'task.progress',
            'task.progress.updated',
            'task.blocked',
            'task.blocker.reported',
            'task.completed',
          ],
          description: 'Types that are out of sequence before that.',
        },
        wait: {
          type: 'string',
          format: 'duration',
          default: '10m',
          description: 'How long the missing event may still come, so that the finding can name both.',
        },
      },
    },
    exclude: {
      type: 'array',
      items: { type: 'string' },
      default: ['agent.work.*', 'mcp.>', 'insight.>', 'alert.>', 'marcus.>'],
      description: 'Patterns of types that volume does not count.',
    },
    lateness: {
      type: 'string',
      format: 'duration',
      default: '3m',
      description: 'How much out of order events may arrive.',
    },
  },
} as const satisfies JsonSchema
