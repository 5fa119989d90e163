/** Listening, and the words for why that cannot be. */
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { CollectorError } from '../kit/errors.ts'
import { bindAddress, parseEndpoint } from './endpoint.ts'

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there already; is another collector running?',
  EACCES: 'this user may not; take a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address',
}

/** Where it listens (`127.0.0.1:4318`, `[::1]:4318`): with port 0 the system chose. Throws `start_failed`. */
export const listenOn = async (server: Server, endpoint: string): Promise<string> => {
  try {
    server.listen(bindAddress(parseEndpoint(endpoint)))
    await once(server, 'listening')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new CollectorError('start_failed', `cannot listen on ${endpoint}: ${reasons[code] ?? message}`, {
      cause: error,
    })
  }
  const { address, family, port } = server.address() as AddressInfo
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}
