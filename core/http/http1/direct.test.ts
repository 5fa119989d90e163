/** The client on its own connections: what becomes of them, whatever becomes of its requests. */
import { createServer as createHttpServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../../test/setup/wait-for.ts'
import { systemClock } from '../../kit/system-clock.ts'
import { createHttpClient } from '../index.ts'
import type { HttpClientOptions } from '../index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const listen = async (server: Server): Promise<{ url: string; sockets: Set<Socket> }> => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

/** A server that says bytes, with the number of the request on its connection. */
const raw = (answer: (socket: Socket, nth: number) => void) =>
  listen(
    createServer((socket) => {
      let nth = 0
      socket.on('data', () => answer(socket, ++nth))
    }),
  )

const real = (answer: RequestListener) => listen(createHttpServer(answer))

const client = (options: Partial<HttpClientOptions> = {}) => {
  const made = createHttpClient({ clock: systemClock, ...options })
  cleanups.push(() => made.close())
  return made
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

describe('connections', () => {
  it('are as many as may be, others wait for their turn, and all are kept as long as they may be', async () => {
    let most = 0
    const { url, sockets } = await real((request, response) => {
      most = Math.max(most, sockets.size)
      request.resume().on('end', () => setImmediate(() => response.end(request.url)))
    })
    const one = client({ maxSockets: 3, maxFreeSockets: 2 })
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        one.request({ method: 'POST', url: `${url}/${i}`, body: Buffer.alloc(50_000) }),
      ),
    )
    expect(answers.map(({ body }) => Buffer.from(body).toString())).toEqual(
      Array.from({ length: 40 }, (_, i) => `/${i}`),
    )
    expect(most).toBe(3)
    await waitFor('two are left', () => sockets.size === 2)
    one.close()
    await waitFor('all are closed', () => sockets.size === 0)
  })

  it('are not used again once they are unused for too long, or nearly so long as the server keeps them', async () => {
    const ports: (number | undefined)[] = []
    const { url, sockets } = await raw((socket) => {
      ports.push(socket.remotePort)
      socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 0\r\n\r\n')
    })
    const one = client()
    await one.request({ url })
    await one.request({ url })
    expect(new Set(ports).size).toBe(2)
    const { url: other, sockets: others } = await raw((socket) => socket.write(OK))
    await client({ idleMs: 20 }).request({ url: other })
    expect(others.size).toBe(1)
    await waitFor('it is closed', () => others.size === 0 && sockets.size === 0)
  })

  it.each([
    ['bytes behind an answer', `${OK}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`, ''],
    ['bytes that nobody asked for', OK, 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil'],
  ])('end with %s, which are nobody’s answer', async (_, first, later) => {
    let connections = 0
    const { url, sockets } = await raw((socket, nth) => {
      if (nth === 1) connections++
      socket.write(first)
      setImmediate(() => socket.write(later))
    })
    const one = client()
    for (let i = 0; i < 3; i++) {
      const { body } = await one.request({ method: 'POST', url, body: 'x' })
      expect(Buffer.from(body).toString()).toBe('ok')
      await waitFor('it is closed', () => sockets.size === 0)
    }
    expect(connections).toBe(3)
  })

  it('are given up when they are answered before the request was read', async () => {
    let connections = 0
    const { url, sockets } = await listen(
      createServer((socket) => {
        connections++
        socket.once('data', () => {
          socket.pause()
          socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n')
        })
      }),
    )
    const one = client()
    const ask = () => one.request({ method: 'POST', url, body: Buffer.alloc(32 * 1024 * 1024) })
    expect([(await ask()).status, (await ask()).status]).toEqual([413, 413])
    expect(connections).toBe(2)
    for (const socket of sockets) socket.resume()
    await waitFor('they are closed', () => sockets.size === 0)
  })

  it('are new when a kept one is found closed, and a request goes out twice at most', async () => {
    let requests = 0
    const { url } = await raw((socket) => {
      requests++
      if (requests === 1) socket.write(OK)
      else socket.end()
    })
    const one = client()
    await one.request({ method: 'POST', url, body: 'a' })
    await expect(one.request({ method: 'POST', url, body: 'b' })).rejects.toMatchObject({ code: 'unavailable' })
    expect(requests).toBe(3)
  })

  it('that have begun to answer are not asked again', async () => {
    let requests = 0
    const { url } = await raw((socket, nth) => {
      requests++
      if (nth === 1) socket.write(OK)
      else socket.end('HTTP/1.1 2')
    })
    const one = client()
    await one.request({ url })
    await expect(one.request({ url })).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    expect(requests).toBe(2)
  })
})

describe('a request that is cancelled', () => {
  const stages: readonly [string, (socket: Socket) => void][] = [
    ['before the answer', () => {}],
    ['in its head', (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-')],
    ['in its body', (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')],
    ['in a chunk', (socket) => void socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf')],
  ]
  it.each(stages)('%s closes its connection and leaves the others', async (_, answer) => {
    let asked = 0
    const { url, sockets } = await raw((socket) => {
      asked++
      answer(socket)
    })
    const one = client()
    const abort = new AbortController()
    const request = one.request({ method: 'POST', url, body: 'x', signal: abort.signal })
    await waitFor('it is asked', () => asked === 1)
    abort.abort()
    await expect(request).rejects.toMatchObject({ code: 'cancelled', retryable: true })
    await waitFor('it is closed', () => sockets.size === 0)
  })

  it('before it is sent, while its body is sent, or while it waits for a connection, is not sent on', async () => {
    let bytes = 0
    const { url, sockets } = await listen(
      createServer((socket) => {
        socket.once('data', (chunk: Buffer) => {
          bytes += chunk.length
          socket.pause()
        })
      }),
    )
    const one = client({ maxSockets: 1 })
    await expect(one.request({ url, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' })
    expect(sockets.size).toBe(0)
    const [first, second] = [new AbortController(), new AbortController()]
    const body = Buffer.alloc(32 * 1024 * 1024)
    const sending = one.request({ method: 'POST', url, body, signal: first.signal })
    const waiting = one.request({ url, signal: second.signal })
    await waitFor('it is being sent', () => bytes > 0)
    second.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
    expect(sockets.size).toBe(1)
    first.abort()
    await expect(sending).rejects.toMatchObject({ code: 'cancelled' })
    for (const socket of sockets) socket.resume()
    await waitFor('it is closed', () => sockets.size === 0)
  })

  it('because its client is closed says so, whether it was sent or waits', async () => {
    let asked = 0
    const { url, sockets } = await raw(() => void asked++)
    const one = client({ maxSockets: 1 })
    const requests = [one.request({ url }), one.request({ url })]
    await waitFor('it is asked', () => asked === 1)
    one.close()
    const failed = { status: 'rejected', reason: expect.objectContaining({ code: 'unavailable', retryable: true }) }
    expect(await Promise.allSettled(requests)).toEqual([failed, failed])
    await waitFor('it is closed', () => sockets.size === 0)
  })
})

describe('the head of a request', () => {
  it('has each header once, a request’s own over those of the client, and says no second length', async () => {
    let seen: readonly string[] = []
    const { url } = await real((request, response) => {
      seen = request.rawHeaders
      response.end()
    })
    const headers = { 'X-A': 'client', 'X-B': 'client', 'Content-Length': '7', 'transfer-encoding': 'chunked' }
    await client({ headers }).request({
      method: 'POST',
      url: url.replace('//', '//me:p%40ss@'),
      headers: { 'x-a': 'request' },
      body: 'abc',
    })
    const pairs = Object.fromEntries(seen.flatMap((name, i) => (i % 2 === 0 ? [[name, seen[i + 1]]] : [])))
    expect(pairs).toEqual({
      host: url.slice('http://'.length),
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
      'x-a': 'request',
      'x-b': 'client',
      'content-length': '3',
    })
  })

  it.each([{ 'x-a': 'a\r\nx-b: c' }, { 'x-a': 'a\0' }, { 'x a': 'b' }, { 'x-a': '“' }])(
    'that would say more than it should is not sent: %j',
    async (headers) => {
      let asked = 0
      const { url } = await raw(() => void asked++)
      await expect(client().request({ url, headers })).rejects.toMatchObject({ code: 'invalid_data', retryable: false })
      expect(asked).toBe(0)
    },
  )
})
