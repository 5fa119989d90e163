/**
 * Watches how many events come and in which order. Forwards at once; the detectors of 'seneca-collector/analysis' run
 * in a thread of their own (anomaly.worker.ts).
 */
import { extname } from 'node:path'
import { definePlugin, logs } from 'seneca-collector'
import { createObserver, insightRecord } from 'seneca-collector/analysis'
import { patternProblem } from 'seneca-collector/events'
import type { AnomalyFinding, AnomalyInit } from './anomaly.worker.ts'
import { explain } from './explain.ts'
import { schema } from './schema.ts'

/** Silence is looked at this often on a live stream. */
const TICK_MS = 30_000

export default definePlugin({
  kind: 'processor',
  type: 'anomaly',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Watches how many events come and in which order, and says when either is unusual.',
  schema,
  examples: [
    { title: 'the defaults', yaml: 'volume: { enabled: true }' },
    { title: 'order only', yaml: 'volume: { enabled: false }\nvolume_level: { enabled: false }' },
  ],
  role: 'observer',
  *check(config) {
    for (const [index, pattern] of config.exclude.entries()) {
      const message = patternProblem(pattern)
      if (message !== undefined) yield { path: ['exclude', index], message }
    }
  },
  create(ctx, config) {
    const { enabled, wait, ...cycle } = config.sequence
    const init: AnomalyInit = {
      latenessMs: config.lateness,
      volume: config.volume.enabled,
      volumeLevel: config.volume_level.enabled,
      sequence: enabled ? { ...cycle, waitMs: wait } : undefined,
      uncounted: config.exclude,
    }
    let level: string | undefined
    let findings = 0
    return createObserver<AnomalyFinding>(ctx, {
      detector: new URL(`./anomaly.worker${extname(import.meta.filename)}`, import.meta.url),
      init,
      wanted: (type) => !type.startsWith('insight.') && !type.startsWith('alert.'),
      publish(found) {
        findings += found.length
        for (const finding of found) if (finding.what === 'level') level = finding.level
        return logs(found.map((finding) => insightRecord(ctx.id, explain(finding))))
      },
      tickMs: TICK_MS,
      details: () => ({ volume_level: level ?? 'learning', findings }),
    })
  },
})
