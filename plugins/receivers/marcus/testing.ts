/** For tests: observations told in seconds, events read back short. Not part of the receiver. */
import type { LogInit } from 'seneca-collector'
import { dataKeyForAttribute } from 'seneca-collector'
import { createDomain, type Domain } from './domain/domain.ts'
import { openState } from './domain/state.ts'
import { createTables, type Tables } from './domain/table.ts'
import { SECOND } from './micros.ts'
import type { Card, Fact, Observation, SourceName } from './observation.ts'

const START = Date.UTC(2026, 10, 23, 12) * 1_000

export interface Told {
  readonly type: string
  readonly id: string
  /** Seconds since the beginning. */
  readonly at: number
  readonly data: Readonly<Record<string, unknown>>
  readonly metadata: Readonly<Record<string, unknown>>
}

const told = ({ eventName = '', time = 0n, attributes = {} }: LogInit): Told => {
  const data: Record<string, unknown> = {}
  const metadata: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(attributes)) {
    const key = dataKeyForAttribute(name)
    if (key !== undefined) data[key] = value
    else if (name.startsWith('seneca.metadata.')) metadata[name.slice('seneca.metadata.'.length)] = value
  }
  const at = (Number(time / 1_000n) - START) / SECOND
  const id = attributes['log.record.uid']
  return { type: eventName, id: typeof id === 'string' ? id : '', at, data, metadata }
}

export interface Story {
  readonly domain: Domain
  readonly tables: Tables
  /** Something was read of a source, at a second. */
  tell(at: number, source: SourceName, fact: Fact): void
  silence(until: number): void
  /** The events since the last call; of these types only, if any are named. */
  events(...types: string[]): Told[]
}

export const instant = (seconds: number): number => START + Math.round(seconds * SECOND)

export const story = (tables: Tables = createTables('state/')): Story => {
  const domain = createDomain(openState(tables), {
    instance: 'marcus',
    settle: 2 * SECOND,
    slowAnswer: 180 * SECOND,
    silence: 240 * SECOND,
    silenceFactor: 4,
    restartGrace: 120 * SECOND,
    includeContent: false,
  })
  return {
    domain,
    tables,
    tell: (at, source, fact) => {
      const observation: Observation = { ...fact, at: instant(at), source, ref: `${source}@${at}` }
      domain.apply(observation)
    },
    silence: (until) => domain.advance(instant(until)),
    events: (...types) => {
      const all = domain.take().map(told)
      return types.length === 0 ? all : all.filter(({ type }) => types.includes(type))
    },
  }
}

export const card = (id: string, status: string, at: number, more: Partial<Card> = {}): Card => ({
  id,
  name: `Card ${id}`,
  status,
  priority: 'medium',
  assignedTo: undefined,
  createdAt: instant(0),
  updatedAt: instant(at),
  completedAt: undefined,
  projectId: 'p',
  projectName: 'Project',
  estimatedHours: 1,
  parentId: undefined,
  dependsOn: [],
  ...more,
})

export const registered = (agent: string, name = agent, skills: string[] = ['ts']): Fact => ({
  kind: 'registration',
  agent,
  name,
  role: 'Developer',
  skills,
  project: 'p',
})
export const assigned = (agent: string, task: string): Fact => ({
  kind: 'assignment',
  agent,
  task,
  name: `Card ${task}`,
})
export const report = (agent: string, task: string, progress: number, status = 'in_progress'): Fact => ({
  kind: 'report',
  agent,
  task,
  progress,
  status,
})
export const yes = (agent: string, progress: number, status = 'in_progress'): Fact => ({
  kind: 'answer',
  to: 'report',
  via: 'line',
  agent,
  ok: true,
  progress,
  status,
})
