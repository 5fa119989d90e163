/** A day with something wrong: lines nobody can read, lines written in pieces or twice, files that are missing. */
import type { Step, Timeline } from '../../core/replay/index.ts'

type Append = Extract<Step, { kind: 'append' }>

const jsonl = (step: Step): step is Append => step.kind === 'append' && step.path.endsWith('.jsonl')

const junk = (index: number): Uint8Array => {
  const kinds = [
    Buffer.from('{"timestamp": "2026-11-23T17:50:00.000000+00:00", "type": "task_assignm\n'),
    Buffer.from('not json at all\n'),
    Buffer.from([0x7b, 0xff, 0xfe, 0x80, 0x22, 0x0a]),
    Buffer.from(
      '{"timestamp": "2026-11-23T17:50:00.000000+00:00", "type": "from_another_version", "x": [1, {"y": null}]}\n',
    ),
    Buffer.from('{"timestamp": 7, "type": {"not": "a string"}, "event_type": [], "data": "no object"}\n'),
    Buffer.from('[]\n'),
    Buffer.from('\n'),
    Buffer.from('null\n'),
    Buffer.from('{"timestamp": "yesterday", "type": "task_assignment", "agent_id": null, "task_id": 5}\n'),
  ]
  return kinds[index % kinds.length]!
}

/** Every so many lines of JSON, one that is none, or of no known kind. */
export const withJunk =
  (every = 40) =>
  (timeline: Timeline): Timeline => {
    let count = 0
    const steps = timeline.steps.flatMap((step): Step[] =>
      jsonl(step) && ++count % every === 0 ? [step, { ...step, bytes: junk(count / every) }] : [step],
    )
    return { ...timeline, steps }
  }

/** One line of so many bytes in every JSON log. */
export const withHugeLine =
  (bytes = 10 * 1024 * 1024) =>
  (timeline: Timeline): Timeline => {
    const seen = new Set<string>()
    const steps = timeline.steps.flatMap((step): Step[] => {
      if (!jsonl(step) || seen.has(step.path)) return [step]
      seen.add(step.path)
      const stamp =
        '{"timestamp": "2026-11-23T17:50:00.000000+00:00", "type": "huge", "event": "huge", "event_type": "huge", "data": "'
      return [step, { ...step, bytes: Buffer.from(`${stamp}${'x'.repeat(bytes)}"}\n`) }]
    })
    return { ...timeline, steps }
  }

/** Every line of a JSON log comes in two pieces, the second a moment later. */
export const torn = (timeline: Timeline): Timeline => {
  const steps = timeline.steps.flatMap((step): Step[] => {
    if (!jsonl(step) || step.bytes.length < 4) return [step]
    const middle = Math.floor(step.bytes.length / 2)
    return [
      { ...step, bytes: step.bytes.subarray(0, middle) },
      { ...step, bytes: step.bytes.subarray(middle) },
    ]
  })
  return { ...timeline, steps }
}

/** Every so many lines of a JSON log are there twice, byte for byte. */
export const doubled =
  (every = 5) =>
  (timeline: Timeline): Timeline => {
    let count = 0
    const steps = timeline.steps.flatMap((step): Step[] =>
      jsonl(step) && ++count % every === 0 ? [step, step] : [step],
    )
    return { ...timeline, steps }
  }

export const without =
  (path: RegExp) =>
  (timeline: Timeline): Timeline => ({
    ...timeline,
    steps: timeline.steps.filter((step) => !('path' in step) || !path.test(step.path)),
  })
