/** A port behind which stands a real server, or one that answers whatever a round wants. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Dice } from './dice.ts'

export type Answering = (socket: Socket, asked: Buffer) => void

export interface SwitchedServer {
  readonly port: number
  /** Undefined: the real one. Connections that are open are cut. */
  answerWith(answering: Answering | undefined): void
  close(): Promise<void>
}

export const startSwitched = async (real: number): Promise<SwitchedServer> => {
  const sockets = new Set<Socket>()
  let answering: Answering | undefined
  const track = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  }
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((socket) => {
    track(socket)
    const wrong = answering
    if (wrong !== undefined) return void socket.on('data', (chunk) => wrong(socket, chunk))
    const behind = connect(real, '127.0.0.1')
    track(behind)
    behind.once('close', () => socket.destroy())
    socket.once('close', () => behind.destroy())
    socket.pipe(behind).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    answerWith(next) {
      answering = next
      cut()
    },
    async close() {
      cut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

const ENDLESS_BYTES = 4 * 1024 * 1024
/** Never a long wait: that would be heeded. */
const RETRY_AFTER = ['0', '-1', 'x', '1e99', 'NaN', '0.001', 'Thu, 01 Jan 1970 00:00:00 GMT', ', ,', '\u00e9']
const NAMES = [
  'retry-after',
  'content-length',
  'transfer-encoding',
  'content-encoding',
  'content-type',
  'location',
  'connection',
  'grpc-status',
  'mcp-session-id',
  'set-cookie',
]
const VALUES = [
  '',
  '0',
  '-1',
  '5',
  '99999999999',
  'chunked',
  'gzip',
  'br',
  'close',
  '//',
  'http://[',
  '/same',
  'x'.repeat(9_000),
  'a\u0000b',
  '\u00ff',
]
const STATUSES = [
  100, 101, 102, 199, 200, 201, 202, 204, 205, 206, 300, 301, 304, 307, 308, 400, 401, 403, 404, 405, 408, 413, 429,
  500, 501, 502, 503, 504, 505, 599, 600, 999, 0,
]

/** HTTP/1.1 answers around `body`, sound or broken, in one go or pieces, whole or cut. */
export const brokenAnswer = (dice: Dice, body: Buffer): Buffer => {
  const status = dice.pick(STATUSES)
  const content = dice.chance(0.6)
    ? dice.broken(body)
    : dice.pick([Buffer.alloc(0), body, dice.bytes(dice.int(300)), Buffer.alloc(ENDLESS_BYTES, 'x')])
  const odd = Array.from({ length: dice.int(3) }, () => `${dice.pick(NAMES)}: ${dice.pick(VALUES)}\r\n`).join('')
  const wait = dice.chance(0.3) ? `retry-after: ${dice.pick(RETRY_AFTER)}\r\n` : ''
  const length = dice.chance(0.2) ? content.length + dice.int(50) - 25 : content.length
  const head = `HTTP/1.1 ${status} ${dice.pick(['OK', '', 'x y', '\u00e9'])}\r\n${wait}${odd}${dice.chance(0.8) ? `content-length: ${length}\r\n` : ''}\r\n`
  const whole = Buffer.concat([Buffer.from(head, 'latin1'), content])
  return dice.chance(0.2) ? dice.broken(whole, ['\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', '\n', ':']) : whole
}

/** One way to answer for a whole round: prepared, so that it does not depend on when who asks. */
export const answeringOf = (dice: Dice, prepared: readonly Buffer[]): Answering => {
  const how = dice.pick(['whole', 'whole', 'whole', 'cut', 'reset', 'silent', 'early', 'twice'] as const)
  const at = dice.random()
  let asked = 0
  return (socket) => {
    const bytes = prepared[asked++ % prepared.length]!
    if (how === 'silent') return
    if (how === 'reset') return void socket.resetAndDestroy()
    if (how === 'cut') return void socket.end(bytes.subarray(0, Math.floor(at * bytes.length)))
    socket.write(bytes)
    if (how === 'twice') socket.write(bytes)
    if (how === 'early') socket.end()
  }
}
