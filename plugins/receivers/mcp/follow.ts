/** Resources and notifications: what the server says by itself. A resource is read at the start and on each update. */
import { CollectorError } from 'seneca-collector'
import type { Context } from 'seneca-collector'
import type { McpConnection } from 'seneca-collector/mcp'
import type { Config } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Records } from './records.ts'

const UPDATED = 'notifications/resources/updated'

export interface Follower {
  /** After each handshake: what stands in the resources now. */
  refresh(): Promise<void>
  stop(): void
}

export const follow = (
  ctx: Context<'receiver'>,
  mcp: McpConnection,
  config: Config,
  records: Records,
  outbox: Outbox,
): Follower => {
  const uris = new Set(config.resources)
  const wanted = new Set(config.notifications)
  /** Resources being read; an update meanwhile means another reading. Bounded by the configuration's list. */
  const reading = new Map<string, boolean>()

  const read = async (uri: string): Promise<void> => {
    if (reading.has(uri)) {
      reading.set(uri, true)
      return
    }
    try {
      do {
        reading.set(uri, false)
        for (const content of await mcp.readResource(uri, { signal: ctx.signal }))
          outbox.latest(`resource ${content.uri}`, records.resource(content))
      } while (reading.get(uri) === true)
    } catch (thrown) {
      const error =
        thrown instanceof CollectorError ? thrown : new CollectorError('rejected', (thrown as Error).message)
      if (!ctx.signal.aborted) outbox.push(records.failure(`resource ${uri}`, error.message, error.code))
    } finally {
      reading.delete(uri)
    }
  }

  const stop = mcp.onNotification((notification) => {
    const uri = notification.params['uri']
    if (notification.method === UPDATED && typeof uri === 'string' && uris.has(uri)) void read(uri)
    if (wanted.has('*') || wanted.has(notification.method)) outbox.push(records.notification(notification))
  })
  // Before the first handshake this only notes them down, so that one request follows all.
  for (const uri of uris) void mcp.subscribeResource(uri)
  return {
    refresh: async () => {
      for (const uri of uris) {
        await mcp.subscribeResource(uri, { signal: ctx.signal }).catch((thrown: unknown) => {
          ctx.log.warn('the server does not let its resource be followed; it is read once', {
            uri,
            reason: (thrown as Error).message,
          })
        })
        await read(uri)
      }
    },
    stop,
  }
}
