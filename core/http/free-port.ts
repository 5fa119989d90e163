/**
 * A TCP port of the loopback address for whoever must name one before it is listened on, or listens on it again after a while.
 * It lies below the ports that systems hand out by themselves (Linux from 32768 on, others from 49152), so nobody else is
 * given it in the meantime.
 */
import { createServer } from 'node:net'

const FIRST = 10_000
const COUNT = 20_000
/** Each process begins elsewhere, so that two that ask at the same moment do not get the same. */
const PER_PROCESS = 64

let asked = process.pid * PER_PROCESS

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + (asked++ % COUNT)
    if (await isFree(port)) return port
  }
  throw new Error(`no port from ${FIRST} to ${FIRST + COUNT - 1} is free`)
}
