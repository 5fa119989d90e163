/** Event number `index` of a seed: always the same one, whatever came before it. */
import { hash } from 'node:crypto'
import type { LogInit, Value } from 'seneca-collector'
import { event, eventId, eventType, traceIdOf } from 'seneca-collector/events'
import type { Options } from './options.ts'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz012345'

/** A well-spread whole number of (seed, index, purpose). */
const pick = (seed: number, index: number, purpose: number, below: number): number => {
  let x = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b) ^ Math.imul(purpose + 1, 0xc2b2ae35)) | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return ((x ^ (x >>> 16)) >>> 0) % below
}

const payloadOf = (seed: number, bytes: number): string => {
  const block = hash('sha256', String(seed), 'buffer').map((byte) => ALPHABET.charCodeAt(byte % ALPHABET.length))
  return Buffer.alloc(bytes, block).toString('latin1')
}

export const createEvents = (
  options: Options,
  seed: number,
  instance: string,
): ((index: number, time: bigint) => LogInit) => {
  const payload = options.payload_bytes === 0 ? undefined : payloadOf(seed, options.payload_bytes)
  return (index, time) => {
    const type = options.types[pick(seed, index, 0, options.types.length)] ?? ''
    const example = (eventType(type)?.example ?? { agent_id: '', task_id: '' }) as Readonly<Record<string, Value>>
    const task = `task-${pick(seed, index, 2, options.tasks)}`
    const own: Record<string, Value> = {
      agent_id: `agent-${pick(seed, index, 1, options.agents)}`,
      task_id: task,
      progress: pick(seed, index, 3, 101),
    }
    const data: Record<string, Value> = {}
    for (const [key, value] of Object.entries(example)) data[key] = own[key] ?? value
    if (payload !== undefined) data['payload'] = payload
    return event({
      type,
      id: eventId(instance, type, [String(seed)], index),
      source: instance,
      time,
      observedTime: time,
      data,
      ...('task_id' in data ? { traceId: traceIdOf(task) } : {}),
    })
  }
}
