/** A real VictoriaLogs takes what the exporter loki sends, a real VictoriaMetrics what prometheusremotewrite does. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { logs, metrics } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import loki from '../../plugins/exporters/loki/index.ts'
import remoteWrite from '../../plugins/exporters/prometheusremotewrite/index.ts'
import { peer } from '../peers/peers.ts'
import { freePort } from '../../core/http/free-port.ts'
import { waitFor } from '../setup/wait-for.ts'

const [victoriaLogs, victoriaMetrics] = [await peer('victoria-logs'), await peer('victoria-metrics')]

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const start = async (program: string): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'victoria-'))
  const address = `127.0.0.1:${await freePort()}`
  const child = spawn(program, [`-storageDataPath=${folder}`, `-httpListenAddr=${address}`], { stdio: 'ignore' })
  const gone = once(child, 'exit')
  cleanups.push(async () => {
    child.kill('SIGKILL')
    await gone
    rmSync(folder, { recursive: true, force: true })
  })
  await waitFor('it to listen', () =>
    fetch(`http://${address}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return `http://${address}`
}

/** Shows at once what came last; else it takes seconds. */
const flush = (url: string): Promise<Response> => fetch(`${url}/internal/force_flush`)

const nowNanos = (): bigint => BigInt(Date.now()) * 1_000_000n

describe.skipIf(victoriaLogs.program === undefined)('VictoriaLogs', () => {
  it.each(['json', 'proto'])('takes records from loki as %s', async (encoding) => {
    const url = await start(victoriaLogs.program ?? '')
    const exporter = await harness(loki, {
      endpoint: `${url}/insert/loki/api/v1/push`,
      encoding,
      labels: { cluster: 'home' },
    })
    cleanups.push(() => exporter.stop())
    const records = [
      {
        time: nowNanos(),
        body: 'hello "world"',
        severityText: 'WARN',
        severity: 13,
        attributes: { 'http.route': '/a' },
      },
      { time: nowNanos(), eventName: 'task.blocked', attributes: { 'marcus.task.id': 't1' } },
    ]
    await exporter.consume(logs(records, { resource: { attributes: { 'service.name': 'shop', 'host.name': 'h' } } }))
    const query = async (logsQl: string): Promise<Record<string, string>[]> => {
      const text = await (await fetch(`${url}/select/logsql/query?query=${encodeURIComponent(logsQl)}`)).text()
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, string>)
    }
    const found = await waitFor('both records', async () => {
      await flush(url)
      const all = await query('{service_name="shop", cluster="home"}')
      return all.length === 2 ? all : undefined
    })
    const plain = found.find((one) => one['_msg'] === 'hello "world"')
    expect(plain).toMatchObject({ http_route: '/a', host_name: 'h', severity_text: 'WARN', severity_number: '13' })
    const event = found.find((one) => one !== plain)
    expect(event).toMatchObject({ event_name: 'task.blocked', marcus_task_id: 't1' })
  })
})

describe.skipIf(victoriaMetrics.program === undefined)('VictoriaMetrics', () => {
  it('takes metrics over remote write', async () => {
    const url = await start(victoriaMetrics.program ?? '')
    const exporter = await harness(remoteWrite, {
      endpoint: `${url}/api/v1/write`,
      external_labels: { from: 'seneca' },
    })
    cleanups.push(() => exporter.stop())
    const [time, attributes] = [nowNanos(), { 'a.b': 'quo"te' }]
    await exporter.consume(
      metrics([
        { name: 'load', unit: '1', type: 'gauge', dataPoints: [{ value: 0.5, time, attributes }] },
        {
          name: 'took',
          unit: 's',
          type: 'histogram',
          aggregationTemporality: 1,
          dataPoints: [{ count: 3, sum: 4.5, bucketCounts: [1, 2], explicitBounds: [1], time }],
        },
      ]),
    )
    const series = await waitFor('the series', async () => {
      await flush(url)
      const text = await (await fetch(`${url}/api/v1/export?match[]={from="seneca"}`)).text()
      const lines = text.split('\n').filter((line) => line !== '')
      return lines.length === 5 ? lines : undefined
    })
    const found = series.map((line) => JSON.parse(line) as { metric: Record<string, string>; values: number[] })
    expect(found.find(({ metric }) => metric['__name__'] === 'load_ratio')).toMatchObject({
      metric: { a_b: 'quo"te', from: 'seneca' },
      values: [0.5],
    })
    expect(found.find(({ metric }) => metric['le'] === '+Inf')).toMatchObject({ values: [3] })
  })
})
