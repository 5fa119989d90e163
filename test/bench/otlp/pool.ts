/**
 * The log records of the OTLP workloads: 20,000 distinct ones of about 270 bytes, 30 % of them debug, from a fixed seed.
 * Longer runs send them again and again. Each has its number in its time, so that a sink can count it without decoding.
 */
import { requestType } from '../../../core/model/testing/otlp-proto.ts'
import { seeded } from '../../setup/random-streams.ts'

export const POOL = 20_000

/** Nanoseconds between two records and the unit of their times: a power of two, so that a double holds them exactly. */
export const STEP_NANOS = 2 ** 20
/** Time of record 0 in steps: 2026-11-23. */
export const FIRST_STEP = Math.floor((Date.UTC(2026, 10, 23) * 1e6) / STEP_NANOS)

const categories = ['agent_management', 'task_execution', 'project_management', 'system']
const severities = [
  ['DEBUG', 5],
  ['DEBUG', 5],
  ['DEBUG', 5],
  ['INFO', 9],
  ['INFO', 9],
  ['INFO', 9],
  ['INFO', 9],
  ['WARN', 13],
  ['WARN', 13],
  ['ERROR', 17],
] as const
const messages = [
  'Implemented the login form and its validation',
  'All unit tests pass, integration tests are running',
  'Waiting for the "schema" review\nthen merging',
  'Rebased on main — no conflicts',
]

type Attributes = Readonly<Record<string, string | number>>

export interface PoolRecord {
  readonly id: number
  readonly severityText: string
  readonly severityNumber: number
  readonly body: string
  readonly attributes: Attributes
}

const hex = (random: () => number, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')

const makePool = (): readonly PoolRecord[] => {
  const random = seeded(11)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  return Array.from({ length: POOL }, (_, id) => {
    const [severityText, severityNumber] = pick(severities)
    const attributes = {
      'log.record.uid': hex(random, 32),
      agent_id: `agent-${Math.floor(random() * 40)}`,
      task_id: hex(random, 12),
      category: pick(categories),
      progress: Math.floor(random() * 101),
    }
    return { id, severityText, severityNumber, body: pick(messages), attributes }
  })
}

export const pool = makePool()

/** What the edits of W4 leave of a record: nothing of debug; else three set, one renamed, one in upper case. */
export const edited = (record: PoolRecord): PoolRecord | undefined => {
  if (record.severityText === 'DEBUG') return undefined
  const { agent_id: agent, category, ...rest } = record.attributes
  const set = { env: 'production', region: 'eu-central-1', collector: 'seneca' }
  return {
    ...record,
    attributes: { ...rest, ...set, agent: agent!, category: String(category).toUpperCase() },
  }
}

const anyValue = (value: string | number): object =>
  typeof value === 'string' ? { stringValue: value } : { intValue: value }

const wire = ({ id, severityText, severityNumber, body, attributes }: PoolRecord): object => ({
  timeUnixNano: (FIRST_STEP + id) * STEP_NANOS,
  observedTimeUnixNano: (FIRST_STEP + id + 1) * STEP_NANOS,
  severityText,
  severityNumber,
  body: { stringValue: body },
  attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) })),
})

/** The resource and scope of all of them. */
export const RESOURCE = { 'service.name': 'marcus', 'service.instance.id': 'bench' }
export const SCOPE = 'seneca.bench'

/** The whole pool as bodies of requests (ExportLogsServiceRequest) with so many records each. */
export const requests = (perRequest: number): readonly Buffer[] => {
  const resource = { attributes: Object.entries(RESOURCE).map(([key, value]) => ({ key, value: anyValue(value) })) }
  const bodies: Buffer[] = []
  for (let from = 0; from < POOL; from += perRequest) {
    const logRecords = pool.slice(from, from + perRequest).map(wire)
    const request = { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: SCOPE }, logRecords }] }] }
    bodies.push(Buffer.from(requestType.encode(requestType.fromObject(request)).finish()))
  }
  return bodies
}
