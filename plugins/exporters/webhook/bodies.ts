/** The built-in bodies. Each makes one body of the events it is given. */
import { createHash } from 'node:crypto'
import type { Json } from './filters.ts'

export interface Envelope {
  readonly id?: string
  readonly type?: string
  readonly source?: string
  readonly timestamp?: string
  readonly data?: { readonly [key: string]: Json }
  readonly metadata?: { readonly [key: string]: Json }
}

export type MakeBody = (events: readonly Envelope[], receiver: string) => string

const NEVER = '0001-01-01T00:00:00Z'
/** Alertmanager's own labels are short; a long text belongs into an annotation. */
const LABEL_CHARACTERS = 200
const LABELLED = [
  'agent_id',
  'agent_name',
  'task_id',
  'task_name',
  'project_id',
  'project_name',
  'tool',
  'component',
  'kind',
  'series',
  'reason',
  'alert',
  'pattern',
]
const SLACK_FIELDS = [
  'agent_name',
  'agent_id',
  'task_name',
  'task_id',
  'project_name',
  'project_id',
  'reason',
  'tool',
  'component',
]
const COLOURS: Readonly<Record<string, string>> = {
  critical: '#a30200',
  error: '#d72b3f',
  warning: '#daa038',
  info: '#2eb886',
  debug: '#aaaaaa',
}

const text = (value: Json | undefined): string | undefined => {
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const firstText = (...values: readonly (Json | undefined)[]): string | undefined =>
  values.map(text).find((value) => value !== undefined)

const isMap = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const severityOf = (event: Envelope): string => text(event.metadata?.['severity']) ?? 'info'

/** The one line a person reads first: what the event says itself, else its type and whom it is about. */
const headline = ({ data = {}, type = 'event' }: Envelope): string => {
  const annotations = isMap(data['annotations']) ? data['annotations'] : {}
  const said = firstText(
    annotations['summary'],
    annotations['description'],
    data['description'],
    data['message'],
    data['explanation'],
    data['reason'],
  )
  const about = firstText(
    data['task_name'],
    data['agent_name'],
    data['task_id'],
    data['agent_id'],
    data['project_name'],
    data['component'],
  )
  return [type, about, said].filter((part) => part !== undefined).join(' · ')
}

/** `&`, `<` and `>` are the three characters Slack gives a meaning to. */
const forSlack = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const slackAttachment = (event: Envelope) => ({
  color: COLOURS[severityOf(event)] ?? '#cccccc',
  fallback: forSlack(headline(event)),
  title: forSlack(event.type ?? 'event'),
  text: forSlack(headline(event)),
  fields: SLACK_FIELDS.flatMap((key) => {
    const value = text(event.data?.[key])
    return value === undefined ? [] : [{ title: key, value: forSlack(value.slice(0, LABEL_CHARACTERS)), short: true }]
  }),
  footer: forSlack([severityOf(event), event.source].filter((part) => part !== undefined).join(' · ')),
  ...(event.timestamp === undefined || Number.isNaN(Date.parse(event.timestamp))
    ? {}
    : { ts: Math.floor(Date.parse(event.timestamp) / 1000) }),
})

const slack: MakeBody = (events) =>
  JSON.stringify({
    text: events.length === 1 && events[0] !== undefined ? forSlack(headline(events[0])) : `${events.length} events`,
    attachments: events.map(slackAttachment),
  })

type Texts = Readonly<Record<string, string>>

interface Alert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Texts
  readonly annotations: Texts
  readonly startsAt: string
  readonly endsAt: string
  readonly generatorURL: string
  readonly fingerprint: string
}

const textsOf = (value: Json | undefined): Texts => {
  if (!isMap(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) =>
      text(one) === undefined ? [] : [[key.replaceAll(/\W/g, '_'), text(one) as string]],
    ),
  )
}

const fingerprintOf = (labels: Texts): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex')
    .slice(0, 16)

/** `alert.fired` and `alert.resolved` say themselves what they are; any other event is an alert named after its type. */
const alertOf = (event: Envelope): Alert => {
  const { data = {}, type = 'event' } = event
  const known = Object.fromEntries(
    LABELLED.flatMap((key) => {
      const value = text(data[key])
      return value === undefined ? [] : [[key, value.slice(0, LABEL_CHARACTERS)]]
    }),
  )
  const labels: Texts = {
    ...known,
    severity: severityOf(event),
    ...textsOf(data['labels']),
    alertname: text(data['alert']) ?? type,
  }
  const summary = headline(event)
  const annotations = { summary, ...textsOf(data['annotations']) }
  const resolved = type === 'alert.resolved' || text(data['ends_at']) !== undefined
  return {
    status: resolved ? 'resolved' : 'firing',
    labels,
    annotations,
    startsAt: text(data['starts_at']) ?? event.timestamp ?? NEVER,
    endsAt: resolved ? (text(data['ends_at']) ?? event.timestamp ?? NEVER) : NEVER,
    generatorURL: '',
    fingerprint: text(data['fingerprint']) ?? fingerprintOf(labels),
  }
}

const shared = (all: readonly Texts[]): Texts => {
  const [first = {}, ...others] = all
  return Object.fromEntries(Object.entries(first).filter(([key, value]) => others.every((one) => one[key] === value)))
}

/** What a webhook receiver of Alertmanager gets (version "4"). */
const alertmanager: MakeBody = (events, receiver) => {
  const alerts = events.map(alertOf)
  const groupLabels = shared(alerts.map(({ labels }) => ({ alertname: labels['alertname'] ?? '' })))
  const group = Object.entries(groupLabels).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  return JSON.stringify({
    receiver,
    status: alerts.every((alert) => alert.status === 'resolved') ? 'resolved' : 'firing',
    alerts,
    groupLabels,
    commonLabels: shared(alerts.map((alert) => alert.labels)),
    commonAnnotations: shared(alerts.map((alert) => alert.annotations)),
    externalURL: '',
    version: '4',
    groupKey: `{}:{${group.join(',')}}`,
    truncatedAlerts: 0,
  })
}

/** What Alertmanager's own API takes (`POST /api/v2/alerts`); an alert that is firing has no end there. */
const alertmanagerApi: MakeBody = (events) =>
  JSON.stringify(
    events.map((event) => {
      const { labels, annotations, startsAt, endsAt, status } = alertOf(event)
      return { labels, annotations, startsAt, ...(status === 'resolved' ? { endsAt } : {}) }
    }),
  )

const json: MakeBody = (events) => JSON.stringify(events.length === 1 ? events[0] : events)
const jsonList: MakeBody = (events) => JSON.stringify(events)

export const builtIn: Readonly<Record<string, MakeBody>> = {
  json,
  slack,
  alertmanager,
  alertmanager_api: alertmanagerApi,
}
/** Grouped, the envelopes are a list even when there is one. */
export const grouped: Readonly<Record<string, MakeBody>> = { ...builtIn, json: jsonList }
