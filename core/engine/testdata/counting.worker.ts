/** State of a shard: how often each word came. It imports the collector by name, as a plugin's worker does. */
import { CollectorError } from 'seneca-collector'
import { threadId } from 'node:worker_threads'

export default (init: unknown) => {
  const counts = new Map<string, number>(Object.entries(init as Record<string, number>))
  return {
    count(payload: unknown) {
      const word = String(payload)
      counts.set(word, (counts.get(word) ?? 0) + 1)
      return { count: counts.get(word), threadId }
    },
    total: () => [...counts.values()].reduce((a, b) => a + b, 0),
    fail() {
      throw new CollectorError('invalid_data', 'not a word')
    },
  }
}
