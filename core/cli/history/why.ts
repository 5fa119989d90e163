/**
 * Why something happened: the events that lead to it and what came of it, in the order of time.
 *
 * Of a task: its own events, those of its subtasks, and the completions it waited for. Of an event: what it rests on
 * (its evidence, and theirs), what happened to its task before, and what rests on it.
 */
import { CollectorError } from '../../kit/errors.ts'
import { allOf, storedOf, type Stored } from './events.ts'
import type { Store } from './store.ts'

export interface Link extends Stored {
  /** `self`, or why it is in the chain. */
  readonly role: 'self' | 'evidence' | 'before' | 'after' | 'depends on' | 'subtask'
}

/** How far evidence of evidence is followed. */
const DEPTH_MAX = 8

const data = (stored: Stored): Readonly<Record<string, unknown>> =>
  (stored.event.data ?? {}) as Readonly<Record<string, unknown>>
const evidenceOf = ({ event }: Stored): readonly string[] => {
  const { evidence } = (event.metadata ?? {}) as { readonly evidence?: unknown }
  return Array.isArray(evidence) ? evidence.filter((id): id is string => typeof id === 'string') : []
}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const byId = async (store: Store, id: string): Promise<Stored | undefined> => {
  try {
    return storedOf((await store.ask('event', { id })) as Parameters<typeof storedOf>[0])
  } catch (error) {
    // Evidence may be a place in a log instead of an event, or long gone.
    if (error instanceof CollectorError && error.code === 'not_found') return undefined
    throw error
  }
}

/** By time, at one instant as they were stored. */
const isBefore = (a: Stored, b: Stored): boolean => (a.time === b.time ? a.seq < b.seq : a.time < b.time)

const ordered = (links: Iterable<Link>): readonly Link[] => [...links].toSorted((a, b) => (isBefore(a, b) ? -1 : 1))

const ancestors = async (store: Store, of: Stored, into: Map<number, Link>, depth = 0): Promise<void> => {
  if (depth >= DEPTH_MAX) return
  for (const id of evidenceOf(of)) {
    const found = await byId(store, id)
    if (!found || into.has(found.seq)) continue
    into.set(found.seq, { ...found, role: 'evidence' })
    await ancestors(store, found, into, depth + 1)
  }
}

export const whyEvent = async (store: Store, id: string): Promise<readonly Link[] | undefined> => {
  const self = await byId(store, id)
  if (!self) return undefined
  const links = new Map<number, Link>([[self.seq, { ...self, role: 'self' }]])
  await ancestors(store, self, links)
  const add = (stored: Stored, role: Link['role']): void => {
    if (!links.has(stored.seq)) links.set(stored.seq, { ...stored, role })
  }
  const task = textOf(data(self)['task_id'])
  if (task !== '') {
    for (const stored of await allOf(store, { task })) if (isBefore(stored, self)) add(stored, 'before')
  }
  for (const stored of await allOf(store, { text: id })) if (evidenceOf(stored).includes(id)) add(stored, 'after')
  return ordered(links.values())
}

export const whyTask = async (store: Store, task: string): Promise<readonly Link[] | undefined> => {
  const own = await allOf(store, { task })
  if (own.length === 0) return undefined
  const links = new Map<number, Link>(own.map((stored) => [stored.seq, { ...stored, role: 'self' }]))
  const add = (stored: Stored, role: Link['role']): void => {
    if (!links.has(stored.seq)) links.set(stored.seq, { ...stored, role })
  }
  for (const stored of own) {
    const depends = stored.type === 'task.created' ? data(stored)['depends_on'] : undefined
    for (const id of Array.isArray(depends) ? depends : [])
      for (const done of await allOf(store, { task: textOf(id), pattern: 'task.completed' })) add(done, 'depends on')
  }
  for (const stored of await allOf(store, { text: task, pattern: 'task.>' }))
    if (data(stored)['parent_id'] === task) add(stored, 'subtask')
  return ordered(links.values())
}
