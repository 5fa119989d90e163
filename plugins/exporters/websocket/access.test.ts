import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { conformance, harness } from 'seneca-collector/testing'
import { WebSocket as WsClient } from 'ws'
import { waitFor } from '../../../test/setup/wait-for.ts'
import websocket from './index.ts'
import { cleanups, client, details, open, status, stuck } from '../../../test/websocket/feed.ts'
import type { Message } from '../../../test/websocket/feed.ts'

describe('who is let in', () => {
  it('are programs, and pages of this machine or of a named origin', async () => {
    const feed = await open({ allowed_origins: ['https://*.example.com'] })
    expect(await status(feed.url, {})).toBe(101)
    expect(await status(feed.url, { origin: 'http://localhost:5173' })).toBe(101)
    expect(await status(feed.url, { origin: 'https://board.example.com' })).toBe(101)
    expect(await status(feed.url, { origin: 'https://evil.example' })).toBe(403)
    expect(await status(feed.url, { host: 'evil.example' })).toBe(403)
    expect(await status(`${feed.url}nowhere`, {})).toBe(404)
  })

  it('are told when what they ask for is no address', async () => {
    const feed = await open()
    const { hostname, port } = new URL(feed.url)
    const head =
      'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: aaaaaaaaaaaaaaaaaaaaaa=='
    const socket = connect(Number(port), hostname)
    cleanups.push(() => socket.destroy())
    socket.write(`GET // HTTP/1.1\r\nhost: localhost\r\n${head}\r\n\r\n`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 [^]*the address is no path/)
    expect(await status(feed.url, {})).toBe(101)
  })

  it('are so many and no more', async () => {
    const feed = await open({ max_clients: 1 })
    const first = await client(feed.url)
    expect(await status(feed.url, {})).toBe(503)
    first.socket.close()
    await waitFor('the place is free', async () => (await status(feed.url, {})) === 101)
  })

  it('shows a token in the header or first of all', async () => {
    const feed = await open({ auth: { token: 'sesame' } })
    const header = await client(feed.url, { headers: { authorization: 'Bearer sesame' } })
    expect(header.types()[0]).toBe('hello')
    const page = new WsClient(`${feed.url}?subscribe=agent.*`)
    cleanups.push(() => page.terminate())
    const messages: Message[] = []
    page.on('message', (data) => messages.push(JSON.parse((data as Buffer).toString()) as Message))
    await new Promise((resolve) => page.once('open', resolve))
    await feed.emit('agent.registered')
    page.send('{"auth":"sesame"}')
    await waitFor('it is in', () => messages.length === 2)
    expect(messages).toMatchObject([
      { type: 'hello', seq: 1 },
      { type: 'subscribed', patterns: ['agent.*'] },
    ])
  })

  it('is closed with 4401 for a wrong token, or none in time', async () => {
    const feed = await open({ auth: { token: 'sesame' } })
    const wrong = new WsClient(feed.url)
    wrong.on('open', () => wrong.send('{"auth":"guess"}'))
    expect(await new Promise((resolve) => wrong.once('close', resolve))).toBe(4401)
    const silent = new WsClient(feed.url)
    await new Promise((resolve) => silent.once('open', resolve))
    const closed = new Promise((resolve) => silent.once('close', resolve))
    await feed.clock.advance(5_000)
    expect(await closed).toBe(4401)
  })

  it('is never everybody: another address needs auth or the word insecure', async () => {
    await expect(harness(websocket, { endpoint: '0.0.0.0:0' })).rejects.toThrow(/can be reached from other machines/)
    await expect(harness(websocket, { endpoint: '0.0.0.0:0', insecure: true })).resolves.toBeDefined()
    await expect(harness(websocket, { subscribe: ['agent..x'] })).rejects.toThrow(/empty/)
  })

  it('hears in words that a port is taken', async () => {
    const feed = await open()
    const { port } = new URL(feed.url)
    const second = await harness(websocket, { endpoint: `localhost:${port}` })
    await expect(second.start()).rejects.toThrow(/address is in use/)
  })
})

describe('a conversation', () => {
  it.each([
    ['{"subscribe":["agent..x"]}', /pattern "agent..x"/],
    ['{"subscribe":7}', /a pattern or a list of patterns/],
    ['{"subsribe":["x"]}', /there is no "subsribe"/],
    ['{"from":-1}', /"from" is a sequence number/],
    ['{"subscribe":["x"],"filter":"event.type = 5"}', /"filter", character \d+/],
    ['hello', /a message is a JSON object/],
  ])('ends with 4400 and a sentence after %s', async (message, sentence) => {
    const feed = await open()
    const one = await client(feed.url)
    one.socket.send(message)
    expect((await one.closed).code).toBe(4400)
    expect(one.messages.at(-1)).toMatchObject({
      type: 'error',
      code: 'bad_request',
      message: expect.stringMatching(sentence),
    })
  })

  it('ends the same way for a wrong address', async () => {
    const feed = await open()
    expect((await (await client(`${feed.url}?subscribe=agent..x`)).closed).code).toBe(4400)
    expect((await (await client(`${feed.url}?token=abc`)).closed).code).toBe(4400)
  })

  it('has bounded messages', async () => {
    const feed = await open({ max_message_size: '1KiB' })
    const one = await client(feed.url)
    one.socket.send(JSON.stringify({ subscribe: ['x'.repeat(2000)] }))
    expect((await one.closed).code).toBe(1009)
  })

  it('may stop and start again', async () => {
    const feed = await open()
    const one = await client(feed.url)
    one.socket.send('{"unsubscribe":true}')
    await waitFor(
      'nothing is subscribed',
      () => (feed.inspect() as { clients: { patterns: unknown[] }[] }).clients[0]?.patterns.length === 0,
    )
    await feed.emit('a.a')
    one.socket.send('{"subscribe":"*","from":1}')
    await waitFor('it came later', () => one.events().length === 1)
  })

  it('is kept alive by pings, and a dead peer is let go', async () => {
    const feed = await open()
    const alive = await client(feed.url)
    const dead = await stuck(feed.url)
    await waitFor('both are in', () => details(feed).clients.length === 2)
    const ponged = new Promise((resolve) => alive.socket.once('ping', resolve))
    await feed.clock.advance(15_000)
    await ponged
    await waitFor('the pong is in', async () => {
      await feed.clock.advance(2_500)
      return details(feed).clients.length === 1
    })
    expect(alive.socket.readyState).toBe(WsClient.OPEN)
    dead.destroy()
  })

  it('ends with 1001 when the collector stops', async () => {
    const feed = await open()
    const one = await client(feed.url)
    await feed.stop()
    expect((await one.closed).code).toBe(1001)
  })
})

describe('the plugin', () => {
  for (const check of conformance(websocket, {
    folder: import.meta.dirname,
    prepare: (options) => ({ options: { ...(options as object), endpoint: 'localhost:0' } }),
  }))
    it(check.name, check.run)
})
