/** Span ids out of what makes a span what it is: the same events give the same ids, live, sent again and in a backfill. */
import { hash } from 'node:crypto'

/** 16 lower-case hex digits. `id` is the task's for the task itself, else that of the event the span comes from. */
export const spanIdOf = (what: 'task' | 'attempt' | 'tool', id: string): string =>
  hash('sha256', `${what}\u001f${id}`, 'hex').slice(0, 16)
