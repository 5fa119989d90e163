/** A port before a real server, whose answers arrive as a round wants them: broken, cut, late for ever, or another's. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Dice } from './dice.ts'

/** What becomes of what the server says; `said`: bytes of this connection so far. Undefined: nothing, ever. */
export type Corruption = (answer: Buffer, said: number, to: Socket) => Buffer | undefined

export interface CorruptingProxy {
  readonly port: number
  /** Undefined: answers arrive as they are. `fresh`: connections that are open are cut first. */
  corrupt(corruption: Corruption | undefined, fresh: boolean): void
  /** Whoever connects hears this and nothing of the server. */
  greet(with_: Buffer | undefined): void
  close(): Promise<void>
}

export const startCorrupting = async (real: number): Promise<CorruptingProxy> => {
  const sockets = new Set<Socket>()
  let corruption: Corruption | undefined
  let greeting: Buffer | undefined
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
    const hello = greeting
    if (hello !== undefined) {
      socket.write(hello)
      return void socket.on('data', () => socket.write(hello))
    }
    const behind = connect(real, '127.0.0.1')
    track(behind)
    behind.once('close', () => socket.destroy())
    socket.once('close', () => behind.destroy())
    socket.pipe(behind)
    let said = 0
    behind.on('data', (answer: Buffer) => {
      const left = corruption ? corruption(answer, said, socket) : answer
      said += answer.length
      if (left !== undefined && !socket.destroyed) socket.write(left)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    corrupt(next, fresh) {
      corruption = next
      if (fresh) cut()
    },
    greet(next) {
      greeting = next
      cut()
    },
    async close() {
      cut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Where in a conversation it begins. */
const SAID_MOST = 3_000

/** Ways that leave what was said true, as far as it goes. */
export const truncating = (dice: Dice): Corruption => {
  const how = dice.pick(['cut', 'reset', 'hang'] as const)
  const from = dice.int(SAID_MOST)
  return (answer, said, to) => {
    if (said + answer.length <= from) return answer
    const left = answer.subarray(0, Math.max(0, from - said))
    if (how === 'cut') to.end(left)
    if (how === 'reset') to.resetAndDestroy()
    return how === 'hang' && left.length > 0 ? left : undefined
  }
}

/** Anything may be said. */
export const garbling = (dice: Dice, pieces: readonly (string | Uint8Array)[]): Corruption => {
  const from = dice.int(SAID_MOST)
  const share = dice.pick([0.1, 0.5, 1])
  return (answer, said) => (said + answer.length > from && dice.chance(share) ? dice.broken(answer, pieces) : answer)
}
