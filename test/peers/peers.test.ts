import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../core/http/free-port.ts'
import { waitFor } from '../setup/wait-for.ts'
import { run } from './child.ts'
import { startOtelcol } from './otelcol.ts'
import { peer } from './peers.ts'

const [otelcol, telemetrygen] = [await peer('otelcol'), await peer('telemetrygen')]

const config = (port: number, output: string): string => `
receivers: { otlp: { protocols: { grpc: { endpoint: '127.0.0.1:${port}' } } } }
exporters: { file: { path: '${output}' } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [otlp], exporters: [file] } }
`

it('passes what telemetrygen sends through the real collector into a file', async ({ skip }) => {
  if (otelcol.program === undefined || telemetrygen.program === undefined) {
    skip(otelcol.program === undefined ? otelcol.reason : 'telemetrygen is not here')
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'peers-'))
  const [port, output] = [await freePort(), join(folder, 'logs.json')]
  const collector = await startOtelcol(otelcol.program, config(port, output))
  onTestFinished(async () => {
    await collector.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const logs = ['logs', '--logs', '7', '--rate', '0', '--otlp-insecure', '--otlp-endpoint', `127.0.0.1:${port}`]
  expect(await run(telemetrygen.program, logs, {})).toMatchObject({ code: 0 })
  const records = (): number =>
    existsSync(output) ? readFileSync(output, 'utf8').split('"timeUnixNano"').length - 1 : 0
  expect(await waitFor('seven records in the file', () => records() >= 7 && records())).toBe(7)
})
