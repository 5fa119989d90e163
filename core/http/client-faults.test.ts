/** What the client does when servers and proxies misbehave. */
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../kit/system-clock.ts'
import { createHttpClient } from './index.ts'
import type { HttpClientOptions } from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A server that says bytes, not HTTP: it gets each request as text, once its body has ended. */
const raw = async (answer: (socket: Socket, request: string) => void): Promise<string> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const [head = '', body] = text.split('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (body === undefined || body.length < length) return
      const whole = text
      text = ''
      answer(socket, whole)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const client = (options: Partial<HttpClientOptions> = {}) => {
  const made = createHttpClient({ clock: systemClock, ...options })
  cleanups.push(() => made.close())
  return made
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

describe('the client', () => {
  it('writes the pieces of a body as one request of known length', async () => {
    const seen: string[] = []
    const url = await raw((socket, request) => {
      seen.push(request)
      socket.write(OK)
    })
    await client().request({ method: 'POST', url, body: [Buffer.from('ab'), Buffer.from('cde'), Buffer.alloc(0)] })
    expect(seen[0]).toMatch(/content-length: 5\r\n(?:[^]*\r\n)?\r\nabcde$/)
    expect(seen[0]).not.toMatch(/transfer-encoding/i)
  })

  it('replaces a kept connection that the server closed meanwhile, once', async () => {
    let requests = 0
    const url = await raw((socket) => {
      requests++
      if (requests === 2) socket.destroy()
      else socket.write(OK)
    })
    const one = client()
    await one.request({ method: 'POST', url, body: 'a' })
    expect(await one.request({ method: 'POST', url, body: 'b' })).toMatchObject({ status: 200 })
    expect(requests).toBe(3)
  })

  it('tells its caller when a new connection is closed without an answer', async () => {
    const url = await raw((socket) => socket.destroy())
    await expect(client().request({ method: 'POST', url, body: 'a' })).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
  })

  it.each([
    'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf',
  ])('takes no half of an answer for a whole one: %j', async (half) => {
    const url = await raw((socket) => socket.end(half))
    await expect(client().request({ method: 'POST', url, body: 'a' })).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
  })

  it.each(['no HTTP at all\r\n\r\n', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`])(
    'may be called again after what is no answer',
    async (nonsense) => {
      const url = await raw((socket) => socket.end(nonsense))
      await expect(client().request({ url })).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    },
  )

  it('opens a new connection for each request when it keeps none', async () => {
    const ports = new Set<number | undefined>()
    const url = await raw((socket) => {
      ports.add(socket.remotePort)
      socket.write(OK)
    })
    const one = client({ keepAlive: false })
    for (let i = 0; i < 3; i++) await one.request({ url })
    expect(ports.size).toBe(3)
  })

  it('asks this machine itself, although the environment names a proxy', async () => {
    const url = await raw((socket) => socket.write(OK))
    const before = process.env['http_proxy']
    process.env['http_proxy'] = 'http://127.0.0.1:1'
    try {
      expect(await client().request({ url })).toMatchObject({ status: 200 })
      await expect(client().request({ url: 'http://example.invalid' })).rejects.toMatchObject({ code: 'unavailable' })
      await expect(client({ proxy: 'http://127.0.0.1:1' }).request({ url })).rejects.toMatchObject({
        code: 'unavailable',
      })
    } finally {
      if (before === undefined) delete process.env['http_proxy']
      else process.env['http_proxy'] = before
    }
  })
})
