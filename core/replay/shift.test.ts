import { describe, expect, it } from 'vitest'
import { bundledRecording, openRecording } from './recording.ts'
import { shifted, shiftText } from './shift.ts'
import { seconds } from './instant.ts'
import { timelineOf } from './timeline.ts'

describe('a shifted day', () => {
  it('keeps each spelling of a time', () => {
    const day = seconds(86_400)
    expect(shiftText('{"a":"2026-11-23T17:48:10.703626+00:00","b":"2026-11-23T17:48:11.994303Z"}', day)).toBe(
      '{"a":"2026-11-24T17:48:10.703626+00:00","b":"2026-11-24T17:48:11.994303Z"}',
    )
    expect(shiftText('2026-11-23 17:48:10 realtime_20261123_174810.jsonl evt_5_1795456120.247988', day)).toBe(
      '2026-11-24 17:48:10 realtime_20261124_174810.jsonl evt_5_1795456120.247988',
    )
  })

  it('cuts the log of agents at midnight and moves nothing by halves', () => {
    const timeline = timelineOf(openRecording(bundledRecording()))
    const later = shifted(seconds(6 * 3_600 + 5 * 60))(timeline)
    const paths = new Set(later.steps.flatMap((step) => ('path' in step ? [step.path] : [])))
    expect([...paths].filter((path) => path.includes('agent_events'))).toEqual([
      'logs/agent_events/agent_events_20261123.jsonl',
      'logs/agent_events/agent_events_20261124.jsonl',
    ])
    const left = later.steps.filter(
      (step) => step.kind === 'append' && /"timestamp": "2026-11-23T1/.test(Buffer.from(step.bytes).toString()),
    )
    expect(left).toEqual([])
    expect(shifted(-seconds(6 * 3_600 + 5 * 60))(later).steps).toHaveLength(timeline.steps.length)
  })
})
