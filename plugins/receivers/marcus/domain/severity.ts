import type { Severity } from 'seneca-collector/events'

/** A blocker's severity is free text in Marcus. */
export const severityOf = (text: string): Severity => {
  const severity = text.toLowerCase()
  if (severity === 'critical' || severity === 'urgent' || severity === 'blocker') return 'critical'
  if (severity === 'high') return 'error'
  return severity === 'low' ? 'info' : 'warning'
}
