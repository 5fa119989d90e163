import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../../test/setup/wait-for.ts'
import { seeded } from '../../../test/setup/random-streams.ts'
import { Body } from './body.ts'
import { createChunked } from './chunked.ts'
import type { Exchange } from './exchange.ts'
import { readHead } from './head.ts'
import { createHttp1Server } from './server.ts'
import type { Http1Options } from './server.ts'

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Answers with what it read. */
const echo = (request: Exchange): void => {
  const body = new Body(request.length)
  request.read({
    room: () => body.room(),
    data: (piece) => body.push(piece),
    end: () => request.answer({ status: 200, headers: ['x-target', request.target], body: body.whole() }),
    gone() {},
  })
}

const open = async (more: Partial<Http1Options> = {}) => {
  const broken: string[] = []
  const server = createHttp1Server({
    idleMs: 60_000,
    headerMs: 60_000,
    requestMs: 60_000,
    isKeepAlive: true,
    maxConnections: 100,
    tls: undefined,
    onRequest: echo,
    onBroken: (why, message) => {
      broken.push(why)
      return message
    },
    onFull() {},
    onTlsError() {},
    ...more,
  })
  const address = await server.listen('localhost:0')
  cleanups.push(() => server.cut())
  cleanups.push(() => void server.close())
  return { server, broken, port: Number(address.split(':')[1]) }
}

/** Sends pieces one after the other; all that came back until the server ended. */
const talk = (port: number, ...pieces: (Buffer | string)[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let said = ''
    socket.setEncoding('latin1').on('data', (text: string) => (said += text))
    socket.once('error', reject)
    socket.once('close', () => resolve(said))
    void (async () => {
      for (const piece of pieces) {
        socket.write(piece)
        await turn()
      }
    })()
  })

const bodies = (said: string): string[] =>
  [...said.matchAll(/content-length: (\d+)\r\n[^]*?\r\n\r\n/g)].map((found) =>
    said.slice(found.index + found[0].length, found.index + found[0].length + Number(found[1])),
  )

const post = (path: string, body: string, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`
const last = (path: string, body: string): string => post(path, body, 'Connection: close\r\n')

describe('an HTTP/1.1 server on sockets', () => {
  it('answers request after request, however they are cut into pieces', async () => {
    const { port } = await open()
    const chunked = `POST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n`
    const stream = Buffer.from(`\r\n${post('/a', 'first')}${chunked}${post('/b', '')}${last('/d', 'last')}`)
    for (const size of [1, 2, 3, 7, 50, stream.length]) {
      const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) =>
        stream.subarray(i * size, (i + 1) * size),
      )
      const said = await talk(port, ...pieces)
      expect(bodies(said)).toEqual(['first', 'abcde', '', 'last'])
      expect([...said.matchAll(/x-target: (\S+)/g)].map((found) => found[1])).toEqual(['/a', '/c', '/b', '/d'])
      expect(said.match(/connection: keep-alive/g)).toHaveLength(3)
      expect(said).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/)
    }
  })

  it('begins no request before the one in front of it is answered', async () => {
    const held: Exchange[] = []
    const { port } = await open({ onRequest: (request) => void held.push(request) })
    const said = talk(port, `${post('/a', 'x')}${last('/b', 'y')}`)
    for (let i = 0; i < 2; i++) {
      await waitFor('it is asked', () => held.length > i)
      await turn()
      expect(held.length).toBe(i + 1)
      echo(held[i]!)
    }
    expect(bodies(await said)).toEqual(['x', 'y'])
  })

  it('reads on behind a request that was refused by its head, and says what it was expected to', async () => {
    const { port } = await open({
      onRequest: (request) =>
        request.target === '/no' ? request.answer({ status: 404, headers: [], body: 'no' }) : echo(request),
    })
    expect(bodies(await talk(port, post('/no', 'unread'), last('/yes', 'read')))).toEqual(['no', 'read'])
    const asked = await talk(
      port,
      'POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: 1\r\n\r\n',
      'x',
    )
    expect(asked).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/)
    expect(await talk(port, 'HEAD /no HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')).toMatch(
      /content-length: 2[^]*\r\n\r\n$/,
    )
    expect(await talk(port, 'POST /old HTTP/1.0\r\ncontent-length: 1\r\n\r\nx')).toMatch(
      /connection: close[^]*\r\n\r\nx$/,
    )
  })

  it('keeps the bodies of many connections apart, although all are read into the same memory', async () => {
    const { port } = await open()
    const random = seeded(7)
    const some = (most: number): number => Math.floor(random() * most)
    const one = async (name: number): Promise<void> => {
      const sent = Array.from({ length: 6 }, (_, i) => Buffer.alloc(some(200_000), `${name}.${i} `))
      const heads = sent.map(
        ({ length }, i) =>
          `POST /${name} HTTP/1.1\r\nhost: x\r\n${i === sent.length - 1 ? 'connection: close\r\n' : ''}content-length: ${length}\r\n\r\n`,
      )
      const whole = Buffer.concat(sent.flatMap((body, i) => [Buffer.from(heads[i]!), body]))
      const pieces: Buffer[] = []
      for (let at = 0; at < whole.length; at += pieces.at(-1)!.length)
        pieces.push(whole.subarray(at, at + 1 + some(90_000)))
      expect(bodies(await talk(port, ...pieces))).toEqual(sent.map((body) => body.toString('latin1')))
    }
    await Promise.all(Array.from({ length: 8 }, (_, name) => one(name)))
  })

  it('lets a request be looked at, read and answered although its sender has gone', async () => {
    let taken: Exchange | undefined
    let isWhole = false
    const read = (request: Exchange): void => {
      taken = request
      request.read({ room: () => Buffer.alloc(16), data() {}, end: () => void (isWhole = true), gone() {} })
    }
    const { port, server } = await open({ onRequest: read })
    const socket = connect(port, '127.0.0.1')
    cleanups.push(() => socket.destroy())
    socket.write('POST /x HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc')
    await waitFor('the request', () => isWhole)
    socket.resetAndDestroy()
    await waitFor('it to go', () => taken!.abort.aborted)
    expect([taken!.method, taken!.target, taken!.headers['host']]).toEqual(['POST', '/x', 'h'])
    let isGone = false
    taken!.read({ room: () => Buffer.alloc(16), data() {}, end() {}, gone: () => void (isGone = true) })
    expect(isGone).toBe(true)
    taken!.answer({ status: 200, headers: [], body: 'x' })
    await server.close()
  })

  it('closes one connection more than it may have, and goes on with the other', async () => {
    let full = 0
    const { port } = await open({ maxConnections: 1, onFull: () => void full++ })
    const first = connect(port, '127.0.0.1')
    await new Promise((resolve) => first.once('connect', resolve))
    expect(await talk(port)).toBe('')
    expect(full).toBe(1)
    first.write(last('/b', 'y'))
    const said = await new Promise<string>((resolve) => {
      let text = ''
      first.setEncoding('latin1').on('data', (more: string) => (text += more))
      first.once('close', () => resolve(text))
    })
    expect(bodies(said)).toEqual(['y'])
  })

  it('answers what is open before it closes', async () => {
    let held: Exchange | undefined
    const { port, server } = await open({ onRequest: (request) => void (held = request) })
    const said = talk(port, post('/', 'x'))
    await waitFor('it is asked', () => held !== undefined)
    const closed = server.close()
    echo(held!)
    expect(bodies(await said)).toEqual(['x'])
    await closed
  })
})

describe('requests that two readers could read differently', () => {
  const line = 'POST / HTTP/1.1\r\nhost: x\r\n'
  const refused: readonly [string, string][] = [
    ['a length and chunks', `${line}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${line}content-length: 3\r\ncontent-length: 3\r\n\r\nabc`],
    ['a list of lengths', `${line}content-length: 3, 3\r\n\r\nabc`],
    ['a length with a sign', `${line}content-length: +3\r\n\r\nabc`],
    ['a length in hexadecimal', `${line}content-length: 0x3\r\n\r\nabc`],
    ['a length below zero', `${line}content-length: -1\r\n\r\n`],
    ['an empty length', `${line}content-length:\r\n\r\n`],
    ['another coding', `${line}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['a coding that looks like one', `${line}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['two codings', `${line}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a blank before the colon', `${line}content-length : 3\r\n\r\nabc`],
    ['a blank before the name', `${line} content-length: 3\r\n\r\nabc`],
    ['a folded header', `${line}x: a\r\n\tb\r\n\r\n`],
    ['a name with a control character', `${line}content-\x01length: 3\r\n\r\n`],
    ['a NUL', `${line}x: a\0b\r\n\r\n`],
    ['a bare line feed', 'POST / HTTP/1.1\r\nhost: x\nx: y\r\n\r\n'],
    ['bare line feeds alone', 'POST / HTTP/1.1\nhost: x\n\n'],
    ['a bare carriage return', `${line}x: a\rb\r\n\r\n`],
    ['no host', 'POST / HTTP/1.1\r\n\r\n'],
    ['two hosts', `${line}host: y\r\n\r\n`],
    ['no version', 'POST /\r\nhost: x\r\n\r\n'],
    ['a version that is not known', 'POST / HTTP/1.2\r\nhost: x\r\n\r\n'],
    ['two blanks', 'POST  / HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a chunk without a size', `${line}transfer-encoding: chunked\r\n\r\n;\r\n\r\n`],
    ['a chunk whose size is signed', `${line}transfer-encoding: chunked\r\n\r\n-1\r\n`],
    ['a chunk whose size is huge', `${line}transfer-encoding: chunked\r\n\r\n${'f'.repeat(16)}\r\n`],
    ['a chunk that is longer than it says', `${line}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n`],
    ['a chunk that ends in a bare line feed', `${line}transfer-encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n`],
    ['a line of a chunk without end', `${line}transfer-encoding: chunked\r\n\r\n1;${'x'.repeat(2_000)}`],
    ['headers without end', `${line}x: ${'y'.repeat(20_000)}`],
    ['too many headers', `${line}${'a: b\r\n'.repeat(300)}\r\n`],
    ['an expectation', `${line}expect: wonders\r\n\r\n`],
  ]
  it.each(refused)('are refused, and nothing behind them is read: %s', async (_, request) => {
    const targets: string[] = []
    const { port, broken } = await open({
      onRequest: (asked) => {
        targets.push(asked.target)
        echo(asked)
      },
    })
    const said = await talk(port, request, post('/smuggled', ''))
    expect(said).toMatch(/^HTTP\/1.1 (400|417|431|501) [^]*connection: close/)
    expect(said.match(/HTTP\/1.1 \d/g)).toHaveLength(1)
    expect(targets).not.toContain('/smuggled')
    expect(broken).toEqual(['malformed'])
  })
})

describe('heads and chunks', () => {
  it('join headers of one name, take blanks off, and keep names apart from those of objects', () => {
    const { headers } = readHead('GET / HTTP/1.1\r\nHost:x\r\nA: 1\r\na:\t2 \r\n__proto__: p\r\nempty:')
    expect({ ...headers }).toEqual(
      Object.fromEntries([
        ['host', 'x'],
        ['a', '1, 2'],
        ['__proto__', 'p'],
        ['empty', ''],
      ]),
    )
  })

  it('hand out a body as it comes and what is behind it', () => {
    const pieces: string[] = []
    const rest = createChunked().push(
      Buffer.from('A\r\n0123456789\r\n0\r\n\r\nnext'),
      (piece) => void pieces.push(piece.toString()),
    )
    expect([pieces, rest?.toString()]).toEqual([['0123456789'], 'next'])
  })
})
