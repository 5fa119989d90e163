/** The OpenTelemetry project's own load generator sends to our receiver: all of it arrives, once. */
import { afterEach, describe, expect, it } from 'vitest'
import { cleanups, open } from '../otlp/receiver.ts'
import { run } from '../peers/child.ts'
import { peer } from '../peers/peers.ts'

const telemetrygen = await peer('telemetrygen')

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const WORKERS = 4
/**
 * A trace is two spans. They go one by one: the generator's own queue of spans drops what comes too fast, and does not say
 * how much.
 */
const loads = {
  logs: { each: 2_500, records: 1, more: [] },
  metrics: { each: 2_500, records: 1, more: [] },
  traces: { each: 250, records: 2, more: ['--batch=false'] },
} as const

const cases = (['grpc', 'http'] as const).flatMap((protocol) =>
  (['logs', 'metrics', 'traces'] as const).map((signal) => ({ protocol, signal })),
)

describe('telemetrygen', () => {
  it.for(cases)('sends $signal over $protocol, and all of them arrive', async ({ protocol, signal }, { skip }) => {
    if (telemetrygen.program === undefined) return skip(telemetrygen.reason)
    const at = await open()
    const { each, records, more } = loads[signal]
    const load = `${signal} --${signal} ${each} --workers ${WORKERS} --rate 0 --otlp-attributes run="one"`
    const args = `${load} --otlp-insecure --otlp-endpoint ${at[protocol]}`.split(' ')
    if (protocol === 'http') args.push('--otlp-http')
    args.push(...more)
    expect(await run(telemetrygen.program, args, {})).toMatchObject({ code: 0 })
    const { batches } = at.test
    expect(new Set(batches.map((batch) => batch.signal))).toEqual(new Set([signal]))
    expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(WORKERS * each * records)
    const runs = new Set(batches.flatMap((batch) => [...batch].map(({ resource }) => resource.attributes.get('run'))))
    expect(runs).toEqual(new Set(['one']))
    expect(at.test.inspect()).toMatchObject({ refused_requests: {}, request_bytes: 0 })
  })
})
