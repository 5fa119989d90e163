/** The catalogue: every type of event, as data. What a user adds is listed beside it, never in it. */
import { agentEvents } from './agents.ts'
import { alertEvents, analysisEvents } from './analysis.ts'
import type { EventType } from './define.ts'
import { mcpEvents, systemEvents } from './system.ts'
import { projectEvents, taskEvents } from './tasks.ts'

export { contextFields } from './define.ts'
export type { Category, EventType, JsonSchemaValue, Severity } from './define.ts'

export const catalogue: readonly EventType[] = [
  ...agentEvents,
  ...taskEvents,
  ...projectEvents,
  ...systemEvents,
  ...mcpEvents,
  ...analysisEvents,
  ...alertEvents,
]

const byType: ReadonlyMap<string, EventType> = new Map(catalogue.map((entry) => [entry.type, entry]))

export const eventType = (type: string): EventType | undefined => byType.get(type)

/** What `now` and volume bands count: catalogue events except requests, connections, insights, alerts and raw records. */
export const countsAsActivity = (type: string): boolean =>
  byType.has(type) && !/^(agent\.work|mcp|insight|alert|marcus)\./.test(type)
