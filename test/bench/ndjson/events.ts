/**
 * The input of W1: envelope-like events of about 370 bytes, one a line, 30 % of them debug. Made from a fixed seed, so
 * every machine measures the same bytes.
 */
import { closeSync, existsSync, openSync, renameSync, statSync, writeSync } from 'node:fs'

const types = [
  'agent.status.changed',
  'task.progress.updated',
  'task.assigned',
  'task.completed',
  'project.status.updated',
  'system.error',
]
const categories = ['agent_management', 'task_execution', 'project_management', 'system']
const severities = ['debug', 'debug', 'debug', 'info', 'info', 'info', 'info', 'warning', 'warning', 'error']
const messages = [
  'Implemented the login form and its validation',
  'All unit tests pass, integration tests are running',
  'Waiting for the "schema" review\nthen merging',
  'Rebased on main — no conflicts',
]

/** A small generator of numbers in [0, 1). */
const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const hex = (random: () => number, digits: number): string => {
  let text = ''
  while (text.length < digits)
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return text.slice(0, digits)
}

const START = Date.UTC(2026, 10, 23, 17, 43, 33)

export const eventLine = (i: number, random: () => number): string => {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  return JSON.stringify({
    id: hex(random, 32),
    type: pick(types),
    source: 'marcus_logs',
    timestamp: new Date(START + i * 7).toISOString(),
    data: {
      agent_id: `agent-${Math.floor(random() * 40)}`,
      task_id: hex(random, 12),
      project_id: 'proj-7',
      progress: Math.floor(random() * 101),
      message: pick(messages),
    },
    metadata: { severity: pick(severities), category: pick(categories), attempt: Math.floor(random() * 4) },
    version: '1.0',
  })
}

const BUFFER = 1 << 20

/** Writes `count` events to `file` unless it is there. */
export const writeEvents = (file: string, count: number): number => {
  if (!existsSync(file)) {
    const random = seeded(7)
    const part = `${file}.part`
    const fd = openSync(part, 'w')
    let text = ''
    for (let i = 0; i < count; i++) {
      text += `${eventLine(i, random)}\n`
      if (text.length < BUFFER && i < count - 1) continue
      writeSync(fd, text)
      text = ''
    }
    closeSync(fd)
    renameSync(part, file)
  }
  return statSync(file).size
}
