import { define } from './define.ts'

/** An anomaly begins and ends with the same words. */
const anomaly = {
  fields: {
    kind: 'volume_spike|volume_gap|rate_change|out_of_sequence|missing_event|silent|unusual_timing|regression',
    series: 'string',
    observed: 'any',
    expected: 'any',
    score: 'number|null',
    explanation: 'string',
  },
  key: ['kind', 'series'],
  from: 'anomaly',
} as const

const correlation = {
  fields: {
    cause: 'string',
    effect: 'string',
    key: 'string',
    strength: 'number',
    lag_seconds: 'number',
    support: 'int',
    p_value: 'number',
  },
  key: ['key'],
  from: 'correlate',
} as const

export const analysisEvents = define('analysis', {
  'insight.volume.level': {
    summary: 'The number of events an hour moved to another band.',
    fields: { level: 'low|normal|high|critical|idle', old_level: 'string|null', events_per_hour: 'number' },
    key: ['level'],
    from: 'event_metrics',
    example: { level: 'high', old_level: 'normal', events_per_hour: 812 },
  },
  'insight.latency.level': {
    summary: 'Latency moved to another band.',
    fields: {
      level: 'excellent|good|acceptable|poor|critical',
      old_level: 'string|null',
      p95_ms: 'number',
      path: 'string',
    },
    key: ['path', 'level'],
    from: 'event_metrics',
    example: { level: 'good', old_level: 'excellent', p95_ms: 140, path: 'marcus → websocket' },
  },
  'insight.anomaly.detected': {
    summary: 'A series does not behave as expected.',
    ...anomaly,
    example: {
      kind: 'volume_spike',
      series: 'all',
      observed: 90,
      expected: 21,
      score: 8.1,
      explanation: '90 events in 5 minutes, 21 are usual',
    },
    severity: 'warning',
    open: true,
  },
  'insight.anomaly.ended': {
    summary: 'An anomaly is over.',
    ...anomaly,
    example: {
      kind: 'volume_gap',
      series: 'all',
      observed: 4,
      expected: 21,
      score: null,
      explanation: 'events are back',
    },
    open: true,
  },
  'insight.schema.drifted': {
    summary: 'Events of a type are no longer made as they were: a field appeared, vanished or has another type.',
    fields: {
      event_type: 'string',
      change: 'appeared|vanished|type_changed',
      path: 'string',
      'old_type?': 'string',
      'new_type?': 'string',
      offender: 'string|null',
      schema_version: 'string|null',
    },
    key: ['event_type', 'path', 'change'],
    from: 'validate',
    example: {
      event_type: 'task.completed',
      change: 'type_changed',
      path: 'duration',
      old_type: 'number',
      new_type: 'string',
      offender: '8f14e45fceea167a',
      schema_version: '1.0',
    },
    severity: 'warning',
  },
  'insight.correlation.found': {
    summary: 'One type of event follows another more often than by chance.',
    ...correlation,
    example: {
      cause: 'task.blocked',
      effect: 'task.unblocked',
      key: 'task.blocked → task.unblocked',
      strength: 0.82,
      lag_seconds: 127,
      support: 14,
      p_value: 0.0001,
    },
    open: true,
  },
  'insight.correlation.lost': {
    summary: 'A correlation does not hold any longer.',
    ...correlation,
    example: {
      cause: 'a.b',
      effect: 'c.d',
      key: 'a.b → c.d',
      strength: 0.4,
      lag_seconds: 12,
      support: 20,
      p_value: 0.2,
    },
    open: true,
  },
  'insight.cascade.detected': {
    summary: 'A named chain of events happened.',
    fields: { name: 'string', members: 'strings', duration_seconds: 'number' },
    key: ['name', 'members'],
    from: 'correlate',
    example: { name: 'blocker_reallocation', members: ['0a', '0b', '0c'], duration_seconds: 31 },
  },
  'insight.sequence.common': {
    summary: 'A sequence of types that comes again and again.',
    fields: { sequence: 'strings', support: 'int', window: 'string' },
    key: ['sequence'],
    from: 'anomaly report',
    example: { sequence: ['task.assigned', 'task.completed'], support: 20, window: '1h' },
  },
  'insight.rhythm.changed': {
    summary: 'A series has entered another phase.',
    fields: { series: 'string', phase: 'string', explanation: 'string' },
    key: ['series'],
    from: 'anomaly',
    example: { series: 'p1', phase: 'steady', explanation: 'planning is over' },
  },
  'insight.forecast.updated': {
    summary: 'What is expected, with an interval.',
    fields: { what: 'string', value: 'number', low: 'number', high: 'number', horizon_seconds: 'number' },
    key: ['what'],
    from: 'project_health',
    example: { what: 'p1 completion', value: 600, low: 480, high: 900, horizon_seconds: 3600 },
  },
})

const pattern = 'alert_storm|failure_cascade|unstable_system|normal_alert'
const alert = {
  fields: {
    alert: 'string',
    fingerprint: 'string',
    labels: 'map',
    annotations: 'map',
    pattern,
    starts_at: 'time',
    'ends_at?': 'time',
  },
  key: ['fingerprint', 'starts_at'],
  from: 'alert connector',
  example: {
    alert: 'task_blocked',
    fingerprint: '9f2c',
    labels: { severity: 'high' },
    annotations: { summary: 'Station store is blocked' },
    pattern: 'normal_alert',
    starts_at: '2026-11-23T17:49:24.604Z',
  },
}

const delivery = {
  fields: { alert: 'string', receiver: 'string', attempts: 'int', status: 'string|int', 'event_id?': 'string' },
  key: ['alert', 'receiver'],
  from: 'webhook exporter',
  example: { alert: 'task.blocked', receiver: 'webhook/team', attempts: 1, status: 200, event_id: '8f14e45fceea167a' },
}

export const alertEvents = define('alert', {
  'alert.fired': { summary: 'An alert began.', ...alert, severity: 'error' },
  'alert.resolved': { summary: 'An alert is over.', ...alert },
  'alert.notified': { summary: 'Somebody was told of an alert.', ...delivery },
  'alert.failed': { summary: 'Nobody could be told of an alert.', ...delivery, severity: 'error' },
})
