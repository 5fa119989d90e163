import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Columns } from 'seneca-collector/analysis'
import startAnomaly, { type AnomalyFinding } from '../../plugins/processors/anomaly/anomaly.worker.ts'
import startCorrelate, { type CorrelateFinding } from '../../plugins/processors/correlate/correlate.worker.ts'
import anomaly from '../../plugins/processors/anomaly/index.ts'
import { completeOptions } from '../../core/kit/options.ts'
import { root } from '../architecture/sources.ts'

interface Truth {
  readonly edges: readonly { readonly from: string; readonly to: string }[]
  readonly anomalies: readonly { readonly class: string; readonly start: string; readonly end: string }[]
  readonly out_of_sequence: readonly { readonly event_id: string; readonly task_id: string }[]
  readonly ignore_tasks: readonly string[]
}
interface Line {
  readonly id: string
  readonly type: string
  readonly timestamp: string
  readonly data: { readonly task_id?: string; readonly agent_id?: string }
}

const folder = join(root, 'test', 'fixtures', 'analytics')
const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Truth
const CHUNK = 500

const chunks = (): Columns[] => {
  const lines = gunzipSync(readFileSync(join(folder, 'events.ndjson.gz')))
    .toString('utf8')
    .trim()
    .split('\n')
  const out: Columns[] = []
  for (const [index, line] of lines.entries()) {
    const event = JSON.parse(line) as Line
    if (index % CHUNK === 0) out.push({ types: [], ids: [], times: [], tasks: [], agents: [], by: [] })
    const columns = out.at(-1)!
    columns.types.push(event.type)
    columns.ids.push(event.id)
    columns.times.push(Date.parse(event.timestamp))
    columns.tasks.push(event.data.task_id ?? '')
    columns.agents.push(event.data.agent_id ?? '')
    columns.by.push('')
  }
  return out
}

const MINUTE = 60_000
const init = {
  windowMs: 5 * MINUTE,
  latenessMs: 3 * MINUTE,
  evaluateMs: 60 * MINUTE,
  halfLifeMs: 168 * 60 * MINUTE,
  typesMax: 100,
  supportLeast: 20,
}

describe('the detectors on a stream of 21 days with planted causes, anomalies and broken order', () => {
  const pairs = new Map<string, CorrelateFinding>()
  const findings: AnomalyFinding[] = []

  beforeAll(() => {
    const options = completeOptions(anomaly.schema, {}) as {
      sequence: { opens: string[]; grants: string[]; needs: string[]; wait: number }
      exclude: string[]
    }
    const correlating = startCorrelate({ options: init })
    const watching = startAnomaly({
      options: {
        latenessMs: 3 * MINUTE,
        volume: true,
        volumeLevel: true,
        sequence: { ...options.sequence, waitMs: options.sequence.wait },
        uncounted: options.exclude,
      },
    })
    const note = (found: readonly CorrelateFinding[]): void => {
      for (const finding of found) {
        if (finding.found) pairs.set(`${finding.cause} → ${finding.effect}`, finding)
        else pairs.delete(`${finding.cause} → ${finding.effect}`)
      }
    }
    for (const columns of chunks()) {
      note(correlating.observe(columns))
      findings.push(...watching.observe(columns))
    }
    note(correlating.flush())
    findings.push(...watching.flush())
  })

  it('reports no correlation that is not there, and at least seven of the eight', () => {
    const planted = new Set(truth.edges.map((edge) => `${edge.from} → ${edge.to}`))
    const reachable = new Set(planted)
    for (let grown = true; grown;) {
      grown = false
      for (const first of truth.edges) {
        for (const pair of Array.from(reachable)) {
          const [from, to] = pair.split(' → ')
          const longer = `${first.from} → ${to}`
          if (first.to !== from || reachable.has(longer)) continue
          reachable.add(longer)
          grown = true
        }
      }
    }
    expect([...pairs.keys()].filter((pair) => !reachable.has(pair))).toEqual([])
    expect([...pairs.keys()].filter((pair) => planted.has(pair)).length).toBeGreaterThanOrEqual(7)
  })

  const began = (kind: string): { start: number; at: number }[] =>
    findings.flatMap((finding) =>
      finding.what === 'volume' && finding.kind === kind && !finding.ended
        ? [{ start: finding.start, at: finding.at }]
        : [],
    )
  const planted = (kind: string) => truth.anomalies.filter((anomalyThere) => anomalyThere.class === kind)
  const hits = (found: readonly { start: number; at: number }[], kind: string): number =>
    planted(kind).filter((there) =>
      found.some(
        ({ start, at }) => start <= Date.parse(there.end) + 15 * MINUTE && at >= Date.parse(there.start) - 15 * MINUTE,
      ),
    ).length

  it('finds every dead period and nothing else of the kind', () => {
    const found = began('volume_gap')
    expect(found).toHaveLength(planted('dead_period').length)
    expect(hits(found, 'dead_period')).toBe(planted('dead_period').length)
  })

  it('finds at least three of four volume spikes and no other', () => {
    const found = began('volume_spike')
    expect(hits(found, 'volume_spike')).toBeGreaterThanOrEqual(3)
    expect(found.length).toBe(hits(found, 'volume_spike'))
  })

  it('names every event out of sequence, with both ids, and no other', () => {
    const ignored = new Set(truth.ignore_tasks)
    const found = findings.flatMap((finding) =>
      finding.what === 'sequence' && !ignored.has(finding.key) ? [finding] : [],
    )
    const wanted = truth.out_of_sequence.map((violation) => violation.event_id)
    expect(found.map((violation) => violation.event.id).toSorted()).toEqual(wanted.toSorted())
    expect(found.every((violation) => violation.missing !== undefined)).toBe(true)
  })
})
