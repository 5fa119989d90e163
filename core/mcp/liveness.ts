/** Whether anything listens at an endpoint: a TCP handshake, which leaves no trace in the server's own records. */
import { connect } from 'node:net'
import type { Clock } from '../kit/clock.ts'

const WAIT_MS = 2_000

const portOf = (url: URL): number => {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

/** Undefined when somebody listens, else why not. */
export const absence = (endpoint: string, clock: Clock): Promise<string | undefined> =>
  new Promise((resolve) => {
    const url = new URL(endpoint)
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port: portOf(url) })
    const end = (reason: string | undefined): void => {
      cancel()
      socket.destroy()
      resolve(reason)
    }
    const cancel = clock.after(WAIT_MS, () => end('no answer to a connection attempt'))
    socket.once('connect', () => end(undefined))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.message === '' ? (error.code ?? error.name) : error.message),
    )
  })
