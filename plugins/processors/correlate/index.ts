/**
 * Finds which event types follow which. Forwards at once; counts and judges in a thread of its own
 * (correlate.worker.ts), with the sideband method of 'seneca-collector/analysis'.
 */
import { extname } from 'node:path'
import { definePlugin, logs, type Batch } from 'seneca-collector'
import { createObserver, insightRecord } from 'seneca-collector/analysis'
import type { CorrelateFinding, CorrelateInit } from './correlate.worker.ts'
import { schema } from './schema.ts'

const PAIRS_SHOWN_MAX = 200

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))

const dataOf = (finding: CorrelateFinding, threshold: number) => ({
  cause: finding.cause,
  effect: finding.effect,
  key: `${finding.cause} → ${finding.effect}`,
  strength: rounded(finding.strength, 3),
  strong: finding.strength > threshold,
  lag_seconds: rounded(finding.lagSeconds, 1),
  support: Math.round(finding.support),
  p_value: Number(finding.pValue.toPrecision(3)),
})

export default definePlugin({
  kind: 'processor',
  type: 'correlate',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Finds which event types follow which, within a window, beyond what their shared rhythm explains.',
  schema,
  examples: [{ title: 'the defaults', yaml: 'window: 5m\nthreshold: 0.7' }],
  role: 'observer',
  create(ctx, config) {
    const standing = new Map<string, object>()
    const init: CorrelateInit = {
      windowMs: config.window,
      latenessMs: config.lateness,
      evaluateMs: config.evaluate_interval,
      halfLifeMs: config.half_life,
      typesMax: config.max_types,
      supportLeast: config.min_support,
    }
    const worthSaying = (finding: CorrelateFinding): boolean =>
      config.report === 'significant' ||
      finding.strength > config.threshold ||
      standing.has(`${finding.cause} → ${finding.effect}`)

    const publish = (findings: readonly CorrelateFinding[]): Batch | undefined => {
      const records = findings.filter(worthSaying).map((finding) => {
        const data = dataOf(finding, config.threshold)
        if (!finding.found) standing.delete(data.key)
        else if (standing.size < PAIRS_SHOWN_MAX) standing.set(data.key, data)
        return insightRecord(ctx.id, {
          type: finding.found ? 'insight.correlation.found' : 'insight.correlation.lost',
          at: finding.at,
          severity: 'info',
          data,
          key: [data.key, String(finding.occurrence)],
        })
      })
      return records.length > 0 ? logs(records) : undefined
    }

    return createObserver<CorrelateFinding>(ctx, {
      detector: new URL(`./correlate.worker${extname(import.meta.filename)}`, import.meta.url),
      init,
      wanted: (type) => !type.startsWith('insight.') && !type.startsWith('alert.'),
      publish,
      tickMs: 0,
      details: () => ({ correlations: Object.fromEntries(standing) }),
    })
  },
})
