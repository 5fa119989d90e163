import { describe, expect, it } from 'vitest'
import { type Batch, logs, metrics, spans } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import debug from './index.ts'

describe('debug', () => {
  for (const check of conformance(debug, { folder: import.meta.dirname })) it(check.name, check.run)
})

const batch = logs(
  [
    {
      time: 1_767_603_600_000_000_000n,
      eventName: 'task.assigned',
      severity: 9,
      body: { note: 'two\nlines' },
      attributes: { 'marcus.agent.id': 'a1', n: 3 },
    },
  ],
  { resource: { attributes: { 'service.name': 'marcus' } } },
)

const said = async (options: object, times = 1, given: Batch = batch): Promise<string[]> => {
  const test = await harness(debug, options)
  await test.start()
  for (let n = 0; n < times; n++) await test.consume(given)
  await test.stop()
  return test.logs.map((entry) => entry.message)
}

describe('debug', () => {
  it('counts by default', async () => {
    expect(await said({})).toEqual([expect.stringMatching(/^logs: 1 records, \d+ bytes$/)])
  })

  it('writes a line for each record when it is normal', async () => {
    expect((await said({ verbosity: 'normal' }))[0]?.split('\n').slice(1)).toEqual([
      '2026-01-05T09:00:00.000Z task.assigned {"note":"two\\nlines"} marcus.agent.id=a1 n=3',
    ])
  })

  it('writes every field that holds something when it is detailed', async () => {
    expect((await said({ verbosity: 'detailed' }))[0]?.split('\n').slice(1)).toEqual([
      'record #0',
      '  time: 2026-01-05T09:00:00.000Z',
      '  event name: task.assigned',
      '  severity: (9)',
      '  body: {"note":"two\\nlines"}',
      '  attributes:',
      '    marcus.agent.id: a1',
      '    n: 3',
      '  resource:',
      '    service.name: marcus',
    ])
  })

  it('shows spans and metrics as it does records', async () => {
    const traces = spans([
      {
        name: 'GET /tasks',
        kind: 2,
        startTime: 1_767_603_600_000_000_000n,
        endTime: 1_767_603_600_012_500_000n,
        status: { code: 2, message: 'refused' },
        attributes: { 'http.method': 'GET' },
        events: [{ name: 'retry', time: 1_767_603_600_001_000_000n, attributes: { n: 1 } }],
      },
    ])
    expect((await said({ verbosity: 'normal' }, 1, traces))[0]).toMatch(
      /^traces: 1 spans, \d+ bytes\n2026-01-05T09:00:00.000Z GET \/tasks 12.5 ms error: refused http.method=GET$/,
    )
    expect((await said({ verbosity: 'detailed' }, 1, traces))[0]?.split('\n').slice(1)).toEqual([
      'span #0',
      '  name: GET /tasks',
      '  kind: server',
      '  start: 2026-01-05T09:00:00.000Z',
      '  end: 2026-01-05T09:00:00.012Z',
      '  status: error: refused',
      '  attributes:',
      '    http.method: GET',
      '  event retry at 2026-01-05T09:00:00.001Z',
      '    attributes:',
      '      n: 1',
    ])
    const counts = metrics([
      {
        name: 'http.requests',
        type: 'sum',
        aggregationTemporality: 1,
        isMonotonic: true,
        dataPoints: [{ value: 12, attributes: { method: 'GET' } }, { value: 3 }],
      },
    ])
    expect((await said({ verbosity: 'normal' }, 1, counts))[0]).toMatch(
      /^metrics: 1 metrics, 2 data points, \d+ bytes\nhttp.requests delta monotonic sum \{method=GET\} 12, 3$/,
    )
    expect((await said({ verbosity: 'detailed' }, 1, counts))[0]).toContain(
      '  point at -: 12\n    attributes:\n      method: GET',
    )
  })

  it('shows the first of each second, then every so-many-th', async () => {
    expect(await said({ sampling_initial: 2, sampling_thereafter: 3 }, 8)).toHaveLength(4)
    expect(await said({ sampling_initial: 1, sampling_thereafter: 0 }, 8)).toHaveLength(1)
  })
})
