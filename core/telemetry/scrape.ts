/**
 * Own metrics as Prometheus text (format 0.0.4) at `/metrics`, with the names as they are: no suffixes are added, as the
 * OpenTelemetry Collector adds none to its own.
 */
import { nodeHttp } from '../kit/node-http.ts'
import type { AddressInfo } from 'node:net'
import { CollectorError } from '../kit/errors.ts'
import type { Metric, MetricPoint } from './registry.ts'

export interface Scrape {
  readonly url: string
  close(): Promise<void>
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
const nameOf = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_:]/g, '_')

const labelsOf = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${nameOf(name)}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const histogramLines = (name: string, { labels, value, buckets = [], count = 0 }: MetricPoint): string[] => [
  ...buckets.map(([bound, below]) => `${name}_bucket${labelsOf({ ...labels, le: String(bound) })} ${below}`),
  `${name}_bucket${labelsOf({ ...labels, le: '+Inf' })} ${count}`,
  `${name}_sum${labelsOf(labels)} ${value}`,
  `${name}_count${labelsOf(labels)} ${count}`,
]

export const prometheusText = (metrics: readonly Metric[]): string =>
  metrics
    .filter(({ points }) => points.length > 0)
    .flatMap((metric) => {
      const name = nameOf(metric.name)
      const help = `# HELP ${name} ${metric.description.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`
      const lines = metric.points.flatMap((point) =>
        metric.type === 'histogram' ? histogramLines(name, point) : [`${name}${labelsOf(point.labels)} ${point.value}`],
      )
      return [help, `# TYPE ${name} ${metric.type}`, ...lines]
    })
    .map((line) => `${line}\n`)
    .join('')

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export const openScrape = async (host: string, port: number, metrics: () => readonly Metric[]): Promise<Scrape> => {
  const server = nodeHttp.createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') response.writeHead(404).end('metrics are at /metrics\n')
    else response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(prometheusText(metrics()))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const place = `service.telemetry.metrics cannot listen on ${host}:${port}`
      reject(new CollectorError('start_failed', `${place}: ${cause.message}`, { cause }))
    })
    server.listen(port, host, resolve)
  })
  const { address, family, port: taken } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
