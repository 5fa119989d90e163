/** A real Prometheus for tests: takes remote write, keeps exemplars, scrapes what it is told to every half second. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../core/http/free-port.ts'
import { waitFor } from './wait-for.ts'

/** `metric` and the latest value of each series that a query finds. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [time: number, value: string]
}

export interface PrometheusServer {
  readonly url: string
  query(promql: string): Promise<readonly Found[]>
  /** Any other of its API's answers: what stands in `data`. */
  ask(path: string): Promise<unknown>
  remove(): Promise<void>
}

/** `targets`: `host:port` of what is scraped. */
export const startPrometheus = async (binary: string, targets: readonly string[] = []): Promise<PrometheusServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'))
  const port = await freePort()
  writeFileSync(
    join(folder, 'prometheus.yml'),
    JSON.stringify({
      global: { scrape_interval: '500ms', scrape_timeout: '400ms' },
      scrape_configs: [
        { job_name: 'seneca', honor_labels: true, honor_timestamps: false, static_configs: [{ targets }] },
      ],
    }),
  )
  const child = spawn(
    binary,
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--enable-feature=exemplar-storage',
    ],
    { stdio: 'ignore' },
  )
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const url = `http://127.0.0.1:${port}`
  await waitFor('Prometheus to be ready', () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  const ask = async (path: string): Promise<unknown> =>
    ((await (await fetch(`${url}/api/v1/${path}`)).json()) as { readonly data: unknown }).data
  return {
    url,
    ask,
    query: async (promql) =>
      ((await ask(`query?query=${encodeURIComponent(promql)}`)) as { readonly result: readonly Found[] }).result,
    async remove() {
      child.kill('SIGKILL')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
