/** What the meters found worth saying, as events: bands that were entered, error budgets that burn. */
import type { LogInit } from 'seneca-collector'
import { insightRecord } from 'seneca-collector/analysis'
import { event, eventId, type Severity } from 'seneca-collector/events'
import type { LatencyLevel } from './latency-level.ts'
import type { Meters } from './meters.ts'
import type { BurnChange } from './slo.ts'
import type { ObjectiveOptions } from './objectives.ts'

const latencySeverity: Readonly<Record<LatencyLevel, Severity>> = {
  excellent: 'info',
  good: 'info',
  acceptable: 'info',
  poor: 'warning',
  critical: 'critical',
}
const volumeSeverity: Readonly<Record<string, Severity>> = { low: 'warning', high: 'warning', critical: 'critical' }
const NANOS_PER_MS = 1_000_000n

const rounded = (value: number): number => Number(value.toPrecision(4))

const burn = (component: string, { name, objective }: ObjectiveOptions, change: BurnChange, nowMs: number): LogInit => {
  const { alert, firing, burnRate } = change
  const type = firing ? 'alert.fired' : 'alert.resolved'
  const time = BigInt(Math.round(nowMs)) * NANOS_PER_MS
  const fingerprint = eventId(component, 'slo', [name, alert.name]).slice(0, 16)
  const at = new Date(nowMs).toISOString()
  const hours = alert.longMs / 3_600_000
  return event({
    type,
    id: eventId(component, type, [fingerprint, at]),
    source: component,
    time,
    derived: true,
    data: {
      alert: 'slo_burn',
      fingerprint,
      labels: { slo: name, speed: alert.name },
      annotations: {
        summary: firing
          ? `the error budget of "${name}" (${objective * 100} %) burns ${rounded(burnRate)} times as fast as it may, over ${hours} h`
          : `the error budget of "${name}" no longer burns too fast`,
      },
      pattern: 'normal_alert',
      starts_at: at,
      ...(firing ? {} : { ends_at: at }),
    },
  })
}

export const noticesOf = (component: string, meters: Meters, nowMs: number): readonly LogInit[] => [
  ...meters.volumeChanges(nowMs).map(({ level, oldLevel, eventsPerHour, at }) =>
    insightRecord(component, {
      type: 'insight.volume.level',
      at,
      severity: volumeSeverity[level] ?? 'info',
      data: { level, old_level: oldLevel === 'learning' ? null : oldLevel, events_per_hour: eventsPerHour },
      key: [level, String(Math.round(at))],
    }),
  ),
  ...meters.measured.flatMap((measured) => {
    const change = measured.judge(nowMs)
    if (!change) return []
    return [
      insightRecord(component, {
        type: 'insight.latency.level',
        at: nowMs,
        severity: latencySeverity[change.level],
        data: { level: change.level, old_level: change.old ?? null, p95_ms: rounded(change.p95Ms), path: change.path },
        key: [change.path, change.level, String(Math.round(nowMs))],
      }),
    ]
  }),
  ...meters.objectives.flatMap(({ options, slo }) =>
    slo.judge(nowMs).map((change) => burn(component, options, change, nowMs)),
  ),
]
