/** The work of W1 on one line: drop debug, set three, rename one, upper-case one. */
interface Event {
  collector?: string
  data: Record<string, unknown>
  metadata: Record<string, unknown>
}

export const change = (line: string): string | undefined => {
  const event = JSON.parse(line) as Event
  const { data, metadata } = event
  if (metadata['severity'] === 'debug') return undefined
  metadata['env'] = 'production'
  metadata['region'] = 'eu-central-1'
  event.collector = 'seneca'
  data['agent'] = data['agent_id']
  delete data['agent_id']
  metadata['category'] = String(metadata['category']).toUpperCase()
  return `${JSON.stringify(event)}\n`
}
