import { connect } from 'node:http2'
import type { ClientHttp2Session, ClientSessionOptions, SecureClientSessionOptions } from 'node:http2'
import { afterEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../../test/setup/wait-for.ts'
import { FrameType, Flag, Setting } from './codes.ts'
import type { Exchange } from './exchange.ts'
import { encodeFields } from './hpack-encoder.ts'
import { settingsOf } from './settings.ts'
import { block, dial, echo, frame, serve, word } from '../../../test/http2/peer.ts'
import type { Peer, Serving } from '../../../test/http2/peer.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const OK = encodeFields([[':status', '200']])
const WHOLE = Flag.END_HEADERS | Flag.END_STREAM

const serving = async (onExchange?: (exchange: Exchange) => void, maxConcurrentStreams = 100): Promise<Serving> => {
  const served = await serve(onExchange, { maxConcurrentStreams })
  cleanups.push(() => served.stop())
  return served
}

const dialled = ({ port }: Serving): Peer => {
  const peer = dial(port)
  cleanups.push(() => peer.socket.destroy())
  return peer
}

const client = (
  { port }: Serving,
  options: ClientSessionOptions | SecureClientSessionOptions = {},
): ClientHttp2Session => {
  const session = connect(`http://127.0.0.1:${port}`, options)
  session.on('error', () => {})
  cleanups.push(() => session.destroy())
  return session
}

const ask = (session: ClientHttp2Session, body: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/' })
    const pieces: Buffer[] = []
    let trailers: object | undefined
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    stream.on('trailers', (sent) => (trailers = sent))
    stream.on('error', reject)
    stream.on('close', () => {
      try {
        expect(trailers).toMatchObject({ 'x-length': String(body.length) })
        resolve(Buffer.concat(pieces))
      } catch (error) {
        reject(error as Error)
      }
    })
    stream.end(body)
  })

const random = (length: number, seed: number): Buffer => {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + seed * 7 + (i >> 8)) & 0xff
  return bytes
}

describe('a client of node:http2', () => {
  it('gets back what it sends, small and large, many at a time', async () => {
    const session = client(await serving())
    const bodies = [0, 1, 100, 16_384, 65_536, 300_000, 5_000_000].map(random)
    for (const body of bodies) expect((await ask(session, body)).equals(body)).toBe(true)
    const many = Array.from({ length: 300 }, (_, i) => random((i * 977) % 40_000, i))
    const came = await Promise.all(many.map((body) => ask(session, body)))
    for (const [i, body] of many.entries()) expect(came[i]?.equals(body)).toBe(true)
  })

  it('gets large answers through small windows, and small ones past them', async () => {
    const served = await serving()
    const session = client(served, { settings: { initialWindowSize: 5_000, maxFrameSize: 16_384 } })
    const bodies = [random(400_000, 1), random(3, 2), random(200_000, 3)]
    const came = await Promise.all(bodies.map((body) => ask(session, body)))
    for (const [i, body] of bodies.entries()) expect(came[i]?.equals(body)).toBe(true)
    expect(served.faults).toEqual([])
  })

  it('takes calls back, and the rest goes on', async () => {
    let gone = 0
    const served = await serving((exchange) => {
      const held: Buffer[] = []
      exchange.read({
        data: (piece) => void held.push(piece),
        end: () =>
          exchange.answer(OK, Buffer.concat(held), encodeFields([['x-length', String(Buffer.concat(held).length)]])),
        gone: () => void gone++,
      })
    })
    const session = client(served)
    const streams = Array.from({ length: 50 }, () => session.request({ ':method': 'POST', ':path': '/' }))
    for (const stream of streams) {
      stream.on('error', () => {})
      stream.write('half')
    }
    await waitFor('they are open', () => served.connections[0]?.openStreams === 50)
    for (const stream of streams) stream.destroy()
    await waitFor('they are gone', () => gone === 50)
    expect(served.connections[0]?.openStreams).toBe(0)
    expect((await ask(session, Buffer.from('still here'))).toString()).toBe('still here')
  })

  it('is told to go: what it asked before is answered', async () => {
    const held: Exchange[] = []
    const served = await serving((exchange) => void held.push(exchange))
    const session = client(served)
    const asked = ask(session, Buffer.alloc(0))
    await waitFor('it is there', () => held.length === 1)
    served.connections[0]?.close()
    await waitFor('it knows', () => session.closed)
    held[0]?.answer(OK, Buffer.alloc(0), encodeFields([['x-length', '0']]))
    await asked
    await waitFor('it goes', () => session.destroyed)
    await waitFor('it is gone', () => !served.connections[0]?.isUp)
  })
})

describe('windows', () => {
  it('are kept to, byte by byte, below zero and up again', async () => {
    const served = await serving()
    const peer = dialled(served)
    peer.send(frame(FrameType.SETTINGS, 0, 0, settingsOf([[Setting.INITIAL_WINDOW_SIZE, 3]])))
    peer.send(frame(FrameType.HEADERS, Flag.END_HEADERS, 1, block()))
    peer.send(frame(FrameType.DATA, Flag.END_STREAM, 1, Buffer.from('hello world')))
    const bytes = (): string =>
      Buffer.concat(peer.got.filter(({ type }) => type === FrameType.DATA).map(({ payload }) => payload)).toString()
    await waitFor('three come', () => bytes() === 'hel')
    // The window is 0 now, and -2 then.
    peer.send(frame(FrameType.SETTINGS, 0, 0, settingsOf([[Setting.INITIAL_WINDOW_SIZE, 1]])))
    peer.send(frame(FrameType.WINDOW_UPDATE, 0, 1, word(2)), frame(FrameType.PING, 0, 0, Buffer.alloc(8)))
    await peer.first(FrameType.PING)
    expect(bytes()).toBe('hel')
    peer.send(frame(FrameType.WINDOW_UPDATE, 0, 1, word(1)))
    await waitFor('one more comes', () => bytes() === 'hell')
    peer.send(frame(FrameType.SETTINGS, 0, 0, settingsOf([[Setting.INITIAL_WINDOW_SIZE, 100]])))
    await waitFor('the rest comes', () => bytes() === 'hello world')
    await waitFor('trailers come', () => peer.got.filter(({ type }) => type === FrameType.HEADERS).length === 2)
  })

  it('of the connection are shared by turns', async () => {
    const served = await serving((exchange) => exchange.answer(OK, Buffer.alloc(200_000)))
    const peer = dialled(served)
    peer.send(frame(FrameType.SETTINGS, 0, 0, settingsOf([[Setting.INITIAL_WINDOW_SIZE, 1_000_000]])))
    for (const id of [1, 3, 5]) peer.send(frame(FrameType.HEADERS, WHOLE, id, block()))
    const sent = (id: number): number =>
      peer.got
        .filter((one) => one.type === FrameType.DATA && one.id === id)
        .reduce((sum, { payload }) => sum + payload.length, 0)
    await waitFor('the window is used', () => sent(1) + sent(3) + sent(5) === 65_535)
    peer.send(frame(FrameType.WINDOW_UPDATE, 0, 0, word(98_304)))
    await waitFor('more comes', () => sent(1) + sent(3) + sent(5) === 65_535 + 98_304)
    expect(Math.min(sent(1), sent(3), sent(5))).toBeGreaterThanOrEqual(32_768)
  })

  it('hold back who sends before anybody reads', async () => {
    const held: Exchange[] = []
    const served = await serving((exchange) => void held.push(exchange))
    const session = client(served)
    const body = random(3_000_000, 4)
    const asked = ask(session, body)
    await waitFor('it is there', () => held.length === 1)
    const other = ask(session, Buffer.from('x'))
    await waitFor('the other is there', () => held.length === 2)
    for (const exchange of held) echo(exchange)
    expect((await asked).equals(body)).toBe(true)
    expect((await other).toString()).toBe('x')
  })
})

describe('patience', () => {
  it('ends with who sends half a preface, frame or header block', async () => {
    const served = await serving()
    const half = frame(FrameType.HEADERS, WHOLE, 1, block())
    const peers = [dial(served.port, true), dialled(served), dialled(served)]
    peers[0]?.send(Buffer.from('PRI * HTTP/2'))
    peers[1]?.send(half.subarray(0, 12))
    peers[2]?.send(frame(FrameType.HEADERS, 0, 1, block()))
    const fine = dialled(served)
    fine.send(half)
    await fine.first(FrameType.HEADERS, 1)
    await waitFor('all are there', () => served.connections.length === 4)
    // They have sent what they will.
    await Promise.all([peers[1]?.first(FrameType.SETTINGS), peers[2]?.first(FrameType.SETTINGS)])
    const check = async (ms: number): Promise<void> => {
      await served.clock.advance(ms)
      for (const connection of served.connections) connection.check(served.clock.monotonic())
    }
    await check(30_000)
    await check(31_000)
    for (const peer of peers) await waitFor('it is cut', () => peer.isClosed)
    fine.send(frame(FrameType.HEADERS, WHOLE, 3, block()))
    await fine.first(FrameType.HEADERS, 3)
  })

  it('ends with who makes no room for an answer', async () => {
    const served = await serving((exchange) => exchange.answer(OK, Buffer.alloc(100)))
    const peer = dialled(served)
    peer.send(frame(FrameType.SETTINGS, 0, 0, settingsOf([[Setting.INITIAL_WINDOW_SIZE, 0]])))
    peer.send(frame(FrameType.HEADERS, WHOLE, 1, block()))
    await peer.first(FrameType.HEADERS, 1)
    served.connections[0]?.check(served.clock.monotonic())
    await served.clock.advance(61_000)
    served.connections[0]?.check(served.clock.monotonic())
    expect(await peer.verdict()).toBe('RST_STREAM CANCEL')
    expect(served.connections[0]?.openStreams).toBe(0)
  })

  it('is there for who pings and widens windows while it is answered', async () => {
    const served = await serving()
    const peer = dialled(served)
    for (let i = 0; i < 1_000; i++) {
      peer.send(frame(FrameType.HEADERS, WHOLE, 2 * i + 1, block()))
      for (let j = 0; j < 4; j++) peer.send(frame(FrameType.PING, 0, 0, Buffer.alloc(8)))
      peer.send(frame(FrameType.WINDOW_UPDATE, 0, 0, word(9)))
    }
    await peer.first(FrameType.HEADERS, 1_999)
    expect(served.faults).toEqual([])
  })

  it('comes back with time for who spent it', async () => {
    const served = await serving()
    const peer = dialled(served)
    const pings = (n: number): Buffer[] => Array.from({ length: n }, () => frame(FrameType.PING, 0, 0, Buffer.alloc(8)))
    peer.send(...pings(1_000))
    const pongs = (): number => peer.got.filter(({ type }) => type === FrameType.PING).length
    await waitFor('they are answered', () => pongs() === 1_000)
    await served.clock.advance(1_000)
    peer.send(...pings(100))
    await waitFor('they are answered too', () => pongs() === 1_100)
    peer.send(...pings(1))
    expect(await peer.verdict()).toBe('GOAWAY ENHANCE_YOUR_CALM')
  })

  it('is not for who does not read: nothing more is read from it', async () => {
    let asked = 0
    const served = await serving((exchange) => {
      asked++
      exchange.answer(OK, Buffer.alloc(100_000))
    }, 5_000)
    const peer = dialled(served)
    peer.send(frame(FrameType.SETTINGS, 0, 0, settingsOf([[Setting.INITIAL_WINDOW_SIZE, 1_000_000]])))
    peer.send(frame(FrameType.WINDOW_UPDATE, 0, 0, word(2 ** 31 - 1 - 65_535)))
    await peer.first(FrameType.SETTINGS)
    peer.socket.pause()
    const large = block([['x-large', 'v'.repeat(1_000)]])
    for (let i = 0; i < 2_000; i++) peer.send(frame(FrameType.HEADERS, WHOLE, 2 * i + 1, large))
    let [before, steady] = [-1, 0]
    await waitFor('it stops', () => {
      steady = asked === before ? steady + 1 : 0
      before = asked
      return steady === 5
    })
    expect(asked).toBeLessThan(1_000)
    peer.socket.resume()
    await peer.first(FrameType.HEADERS, 3_999)
  })
})

describe('the end of a connection', () => {
  it('comes in two steps: what was on its way is taken, what is new is not', async () => {
    const held: Exchange[] = []
    const served = await serving((exchange) => void held.push(exchange))
    const peer = dialled(served)
    peer.send(frame(FrameType.HEADERS, WHOLE, 1, block()))
    await waitFor('it is there', () => held.length === 1)
    served.connections[0]?.close()
    const { payload } = await peer.first(FrameType.GOAWAY)
    expect([payload.readUInt32BE(0), payload.readUInt32BE(4)]).toEqual([2 ** 31 - 1, 0])
    const ping = await peer.first(FrameType.PING)
    peer.send(frame(FrameType.HEADERS, WHOLE, 3, block()), frame(FrameType.PING, Flag.ACK, 0, ping.payload))
    await waitFor('the second comes', () => peer.got.filter(({ type }) => type === FrameType.GOAWAY).length === 2)
    expect(peer.got.findLast(({ type }) => type === FrameType.GOAWAY)?.payload.readUInt32BE(0)).toBe(3)
    peer.send(frame(FrameType.HEADERS, Flag.END_HEADERS, 5, block()), frame(FrameType.DATA, 0, 5, Buffer.from('late')))
    for (const exchange of held) exchange.answer(OK)
    await waitFor('it ends', () => peer.isClosed)
    expect(held).toHaveLength(2)
    expect(served.faults).toEqual([])
    expect(peer.got.some(({ id }) => id === 5)).toBe(false)
  })

  it('does not wait for a peer that answers no ping, nor for one that does not go', async () => {
    const held: Exchange[] = []
    const served = await serving((exchange) => void held.push(exchange))
    const peer = dial(served.port)
    peer.socket.allowHalfOpen = true
    cleanups.push(() => peer.socket.destroy())
    peer.send(frame(FrameType.HEADERS, WHOLE, 1, block()))
    await waitFor('it is there', () => held.length === 1)
    served.connections[0]?.close()
    await served.clock.advance(1_000)
    held[0]?.answer(OK)
    expect(served.connections[0]?.isUp).toBe(false)
    await served.clock.advance(2_000)
    await waitFor('it is cut', () => served.clock.pending === 0)
  })

  it('tells those who read a request that its peer has gone', async () => {
    let gone = 0
    const served = await serving((exchange) => exchange.read({ data() {}, end() {}, gone: () => void gone++ }))
    const peer = dialled(served)
    peer.send(frame(FrameType.HEADERS, Flag.END_HEADERS, 1, block()), frame(FrameType.HEADERS, WHOLE, 3, block()))
    await waitFor('they are there', () => served.connections[0]?.openStreams === 2)
    peer.socket.destroy()
    await waitFor('both are told', () => gone === 2)
    expect(served.clock.pending).toBe(0)
  })
})
