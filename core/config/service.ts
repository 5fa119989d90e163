/** The `service` section: its schema (for checking, editors and docs) and its typed form. */
import { deadLetterOf, type DeadLetterSection } from '../engine/options.ts'
import { deadLetter } from '../engine/option-schemas.ts'
import { telemetryConfig, telemetrySchema, type CompletedTelemetry } from './telemetry.ts'
import type { JsonSchema } from '../kit/schema.ts'
import type { ServiceConfig } from './types.ts'

const ids = (description: string, examples: readonly unknown[]): JsonSchema => ({
  type: 'array',
  items: { type: 'string', minLength: 1 },
  description,
  examples,
})

export const pipelineSchema = {
  type: 'object',
  description: 'One way from receivers through processors, in order, to all exporters.',
  properties: {
    receivers: ids('Ids of the receivers, or connectors, records come from.', [['file_log']]),
    processors: ids('Ids of the processors, in the order records pass them.', [['batch']]),
    exporters: ids('Ids of the exporters, or connectors, that each get every record.', [['debug']]),
    priority: {
      type: 'string',
      enum: ['high', 'normal', 'low'],
      default: 'normal',
      description:
        'Who is still admitted when a budget of `service.limits` runs out: low to 75 % of it, normal to 90 %.',
    },
  },
} as const satisfies JsonSchema

export const serviceSchema = {
  type: 'object',
  description: 'What runs: which components, joined how.',
  properties: {
    extensions: ids('Ids of the extensions to start, in order.', [['health_check']]),
    pipelines: {
      type: 'object',
      description:
        'Pipelines by id: a signal (logs, metrics, traces), with a name after a slash where there are several: logs/alerts.',
      additionalProperties: pipelineSchema,
    },
    worker_pool_size: {
      type: 'integer',
      minimum: 1,
      maximum: 256,
      default: 4,
      description: 'Most threads the shared worker pool starts; they start on first use.',
    },
    shutdown_timeout: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'How long a stop may take before what is left is reported.',
    },
    limits: {
      type: 'object',
      description: 'Budgets of the whole process, by accounting; above them receivers are refused for now.',
      properties: {
        memory_bytes: {
          type: 'string',
          format: 'bytesize',
          default: '0',
          description: 'Most bytes of records in memory; 0 = no limit.',
        },
        disk_bytes: {
          type: 'string',
          format: 'bytesize',
          default: '0',
          description: 'Most bytes of queues and dead letters on disk; 0 = no limit.',
        },
      },
    },
    dead_letter: {
      ...deadLetter,
      description:
        'Keep what processors and connectors refuse, and what exporters without a `dead_letter` of their own cannot deliver. Off unless written.',
    },
    telemetry: telemetrySchema,
  },
} as const satisfies JsonSchema

/** After `completeOptions`. */
interface CompletedService {
  readonly extensions?: readonly string[]
  readonly worker_pool_size: number
  readonly shutdown_timeout: number
  readonly limits?: { readonly memory_bytes: number; readonly disk_bytes: number }
  readonly dead_letter?: DeadLetterSection
  readonly telemetry?: CompletedTelemetry
}

export const serviceConfig = (completed: unknown): ServiceConfig => {
  const {
    extensions = [],
    worker_pool_size,
    shutdown_timeout,
    limits,
    dead_letter,
    telemetry,
  } = completed as CompletedService
  return {
    extensions,
    workerPoolSize: worker_pool_size,
    shutdownTimeoutMs: shutdown_timeout,
    limits: { memoryBytes: limits?.memory_bytes ?? 0, diskBytes: limits?.disk_bytes ?? 0 },
    deadLetter: deadLetterOf(dead_letter),
    telemetry: telemetryConfig(telemetry),
  }
}
