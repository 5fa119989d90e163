/**
 * What a backfill cannot know, each with its reason: nothing on the disk says it. The list may only get shorter; a test
 * holds it in step with what is really missing.
 */
import type { Expectation } from './expectation.ts'

export interface Unknowable {
  readonly type: string
  readonly reason: string
  /** Which of them; all when absent. */
  readonly when?: (expectation: Expectation) => boolean
}

export const unknowable: readonly Unknowable[] = [
  {
    type: 'system.unreachable',
    reason: 'Marcus writes nothing when it ends; only somebody who was calling at that moment saw it.',
  },
  { type: 'system.recovered', reason: 'It is the end of an outage that nobody saw.' },
  {
    type: 'system.stopped',
    reason: 'The end of the last process has no later start to show it; the service file outlives the process.',
  },
  {
    type: 'project.status.updated',
    reason:
      'The board keeps only how a card is now: what it was between two changes is gone where no log names the change.',
  },
  {
    type: 'task.unblocked',
    reason: 'A person at the board leaves no line in any log: it shows by the next assignment, or not at all.',
  },
  {
    type: 'task.completed',
    reason: 'A card that a person or Marcus itself moved to done and back keeps no trace of having been done.',
    when: ({ data }) => data['by'] !== 'agent' && data['by'] !== 'subtasks',
  },
  {
    type: 'task.recovered',
    reason: 'Where neither the text log nor a comment was kept, a card that is handed out again looks like any other.',
  },
]
