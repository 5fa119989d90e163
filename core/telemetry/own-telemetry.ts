/** Everything the collector tells of itself to others: opened with it, closed after it. Nothing is loaded for what is off. */
import type { OwnTelemetryOptions } from './own-options.ts'
import type { Logger } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import { openPush } from './push.ts'
import type { Metric } from './registry.ts'
import { openScrape } from './scrape.ts'
import { openTracing, type Tracing } from './tracing.ts'

export interface OwnTelemetry {
  readonly tracing: Tracing | undefined
  /** The collector is there: from now on its metrics can be read. */
  read(metrics: () => readonly Metric[]): Promise<void>
  close(): Promise<void>
}

const SERVICE = 'seneca-collector'

export const openOwnTelemetry = async (
  { traces, readers = [], resource }: OwnTelemetryOptions,
  version: string,
  log: Logger,
): Promise<OwnTelemetry> => {
  const attributes = { 'service.name': SERVICE, 'service.version': version, ...resource }
  const tracing = traces === undefined ? undefined : await openTracing(traces, attributes)
  const open: { close(): Promise<void> }[] = tracing === undefined ? [] : [tracing]
  return {
    tracing,
    read: async (metrics) => {
      for (const reader of readers) {
        if (reader.kind === 'periodic') open.push(await openPush(reader, attributes, metrics))
        else {
          const scrape = await openScrape(reader.host, reader.port, metrics)
          log.info('own metrics can be fetched', { url: scrape.url })
          open.push(scrape)
        }
      }
    },
    close: async () => {
      for (const one of open.splice(0)) {
        await one.close().catch((error: unknown) => {
          log.warn('own telemetry was not sent to the end', { reason: CollectorError.from(error).message })
        })
      }
    },
  }
}
