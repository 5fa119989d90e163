/** What a finding of the watching thread says as an event, in data and in words. */
import type { Insight } from 'seneca-collector/analysis'
import type { AnomalyFinding } from './anomaly.worker.ts'

const MINUTE_MS = 60_000

const minutes = (ms: number): string => `${Math.max(1, Math.round(ms / MINUTE_MS))} min`

const level = (finding: Extract<AnomalyFinding, { what: 'level' }>): Insight => ({
  type: 'insight.volume.level',
  at: finding.at,
  severity:
    finding.level === 'critical' ? 'error' : finding.level === 'low' || finding.level === 'high' ? 'warning' : 'info',
  data: {
    level: finding.level,
    old_level: finding.oldLevel === 'learning' ? null : finding.oldLevel,
    events_per_hour: finding.eventsPerHour,
  },
  key: [finding.level, finding.oldLevel, String(finding.at)],
})

const volumeWords = (finding: Extract<AnomalyFinding, { what: 'volume' }>): string => {
  const lasted = minutes(finding.at - finding.start)
  const usual = Math.round(finding.expected)
  if (finding.kind === 'volume_gap') {
    return finding.ended
      ? `Events are back after ${lasted} without any.`
      : `No event for ${lasted}, where about ${usual} were to be expected.`
  }
  return finding.ended
    ? `The volume is back to what this hour usually brings, after ${lasted}.`
    : `${finding.observed} events within 20 min, where about ${usual} are usual at this hour.`
}

const volume = (finding: Extract<AnomalyFinding, { what: 'volume' }>): Insight => ({
  type: finding.ended ? 'insight.anomaly.ended' : 'insight.anomaly.detected',
  at: finding.at,
  severity: finding.ended ? 'info' : 'warning',
  data: {
    kind: finding.kind,
    series: 'events',
    observed: finding.observed,
    expected: Number(finding.expected.toFixed(1)),
    score: Number(finding.score.toFixed(1)),
    started_at: new Date(finding.start).toISOString(),
    explanation: volumeWords(finding),
  },
  key: [finding.kind, String(finding.start), finding.ended ? 'ended' : 'detected'],
})

const sequence = (finding: Extract<AnomalyFinding, { what: 'sequence' }>): Insight => {
  const { event, missing } = finding
  const first = missing
    ? `${missing.type} came ${minutes(missing.time - event.time)} later`
    : 'no assignment has come since'
  return {
    type: 'insight.anomaly.detected',
    at: missing?.time ?? event.time,
    severity: 'warning',
    data: {
      kind: 'out_of_sequence',
      series: finding.key,
      task_id: finding.key,
      observed: event.type,
      expected: missing?.type ?? 'task.assigned',
      score: 1,
      explanation: `${event.type} before anybody was assigned to the task; ${first}.`,
    },
    evidence: [event.id, missing?.id ?? finding.opened],
    key: ['out_of_sequence', finding.key, event.id],
  }
}

export const explain = (finding: AnomalyFinding): Insight =>
  finding.what === 'level' ? level(finding) : finding.what === 'volume' ? volume(finding) : sequence(finding)
