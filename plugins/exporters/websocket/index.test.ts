import { connect as tcpConnect } from 'node:net'
import { request as httpRequest } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { decode } from 'seneca-collector'
import type { Batch } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import type { Harness, HarnessEnvironment } from 'seneca-collector/testing'
import { WebSocket as WsClient } from 'ws'
import { waitFor } from '../../../test/setup/wait-for.ts'
import websocket from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Feed extends Harness {
  readonly url: string
  emit(...types: string[]): Promise<void>
}

interface Details {
  readonly url: string
  readonly seq: number
  readonly oldest: number
  readonly clients: readonly { readonly lag: number }[]
}
const details = (feed: Harness): Details => feed.inspect() as Details

const events = (types: readonly string[], padding = 0): Batch => {
  const lines = types.map((type, index) =>
    JSON.stringify({
      id: `${type}-${index}`,
      type,
      source: 'test',
      timestamp: '2026-11-23T20:00:00Z',
      data: { agent_id: `agent-${index}`, note: 'x'.repeat(padding) },
      metadata: { severity: index % 2 === 0 ? 'info' : 'critical' },
      version: '1',
    }),
  )
  return decode('logs', 'envelope', Buffer.from(`${lines.join('\n')}\n`))
}

const open = async (options: object = {}, env: HarnessEnvironment = {}): Promise<Feed> => {
  const started = await harness(websocket, { endpoint: 'localhost:0', ...options }, env)
  await started.start()
  cleanups.push(() => started.stop())
  return Object.assign(started, {
    url: details(started).url,
    emit: (...types: string[]) => started.consume(events(types)),
  })
}

type Message = Readonly<Record<string, unknown>> & { readonly seq?: number; readonly type: string }

const client = async (url: string, options: WsClient.ClientOptions = {}) => {
  const socket = new WsClient(url, options)
  const messages: Message[] = []
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  socket.on('message', (data) => messages.push(JSON.parse((data as Buffer).toString()) as Message))
  socket.on('error', () => undefined)
  cleanups.push(() => socket.terminate())
  const said = new Promise<void>((resolve) => socket.once('message', () => resolve()))
  await Promise.race([said, closed, new Promise((resolve) => socket.once('unexpected-response', resolve))])
  return {
    socket,
    messages,
    closed,
    types: () => messages.map((one) => one.type),
    events: () => messages.filter((one) => 'timestamp' in one),
  }
}

const status = (url: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    const asked = httpRequest(url.replace('ws:', 'http:'), { headers: { ...upgrade, ...headers } })
    asked.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.once('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response.statusCode ?? 0)
    })
    asked.once('error', reject)
    asked.end()
  })

describe('the feed', () => {
  it('sends every event to a client that asks for nothing, as its envelope with a number in front', async () => {
    const feed = await open()
    const one = await client(feed.url)
    await feed.emit('agent.registered', 'task.created')
    await waitFor('two events', () => one.events().length === 2)
    expect(one.messages[0]).toMatchObject({ type: 'hello', seq: 0 })
    expect(one.messages[1]).toMatchObject({ type: 'subscribed', patterns: ['>'] })
    expect(one.events()).toMatchObject([
      {
        seq: 1,
        id: 'agent.registered-0',
        type: 'agent.registered',
        source: 'test',
        data: { agent_id: 'agent-0' },
        metadata: { severity: 'info' },
      },
      { seq: 2, type: 'task.created' },
    ])
  })

  it('gives agent.* and project.* what belongs to them, by address or by message', async () => {
    const feed = await open()
    const agents = await client(`${feed.url}?subscribe=agent.*`)
    const projects = await client(`${feed.url}?subscribe=none.at.all`)
    projects.socket.send('{"subscribe":["project.*","task.status.>"]}')
    await waitFor('the subscription', () => projects.messages.length >= 3)
    await feed.emit(
      'agent.status.changed',
      'project.created',
      'agent.registered',
      'task.status.changed',
      'task.created',
    )
    await waitFor('both have theirs', () => agents.events().length === 2 && projects.events().length === 2)
    expect(agents.events().map((one) => one.type)).toEqual(['agent.status.changed', 'agent.registered'])
    expect(projects.events().map((one) => one.type)).toEqual(['project.created', 'task.status.changed'])
  })

  it('filters by a condition over the event, live and from the past', async () => {
    const feed = await open()
    const filter = 'event.metadata["severity"] == "critical"'
    const live = await client(`${feed.url}?filter=${encodeURIComponent(filter)}`)
    await feed.emit('a.b', 'c.d', 'e.f', 'g.h')
    const later = await client(`${feed.url}?from=0&filter=${encodeURIComponent(filter)}`)
    await waitFor('both have two', () => live.events().length === 2 && later.events().length === 2)
    expect(live.events().map((one) => one.seq)).toEqual([2, 4])
    expect(later.events()).toEqual(live.events())
  })

  it('is heard by the WebSocket of a browser (Node’s own has its semantics)', async () => {
    const feed = await open()
    const socket = new WebSocket(`${feed.url}?subscribe=agent.*`)
    cleanups.push(() => socket.close())
    const seen: Message[] = []
    socket.addEventListener('message', (event) => seen.push(JSON.parse(event.data as string) as Message))
    await waitFor('hello', () => seen.length === 2)
    await feed.emit('agent.registered')
    await waitFor('the event', () => seen.length === 3)
    expect(seen[2]).toMatchObject({ seq: 1, type: 'agent.registered' })
  })

  it('sends at once: no timer stands between a record and the socket', async () => {
    const feed = await open({ ping_interval: '0s' })
    const one = await client(feed.url)
    const times: number[] = []
    one.socket.on('message', () => times.push(performance.now()))
    const before: number[] = []
    for (let i = 0; i < 50; i++) {
      before.push(performance.now())
      await feed.emit('agent.registered')
      await waitFor('it came', () => times.length === i + 1)
    }
    const delays = times.map((time, index) => time - (before[index] as number)).toSorted((a, b) => a - b)
    expect(delays[Math.floor(delays.length * 0.95)]).toBeLessThan(100)
    expect(feed.clock.pending).toBe(0)
  })
})

describe('coming back', () => {
  it('goes on from a number without a hole or a repetition', async () => {
    const feed = await open()
    const first = await client(feed.url)
    await feed.emit('a.a', 'b.b', 'c.c')
    await waitFor('three', () => first.events().length === 3)
    first.socket.terminate()
    await feed.emit('d.d', 'e.e')
    const again = await client(`${feed.url}?from=4`)
    await feed.emit('f.f')
    await waitFor('the rest', () => again.events().length === 3)
    expect(again.events().map((one) => one.seq)).toEqual([4, 5, 6])
    expect(again.types()).not.toContain('gap')
  })

  it('tells a gap for what the history has lost; 0 is all that is held', async () => {
    const feed = await open({ history: { events: 3 } })
    await feed.emit('a.a', 'b.b', 'c.c', 'd.d', 'e.e')
    const late = await client(`${feed.url}?from=1`)
    await waitFor('three', () => late.events().length === 3)
    expect(late.messages.slice(2)).toMatchObject([
      { type: 'gap', from: 1, to: 2, reason: 'evicted' },
      { seq: 3 },
      { seq: 4 },
      { seq: 5 },
    ])
    const all = await client(`${feed.url}?from=0`)
    await waitFor('three', () => all.events().length === 3)
    expect(all.types()).not.toContain('gap')
  })

  it('bounds the history by bytes too', async () => {
    const feed = await open({ history: { events: 1000, bytes: '10KiB' } })
    await feed.consume(
      events(
        Array.from({ length: 50 }, () => 'a.b'),
        1000,
      ),
    )
    expect((feed.inspect() as { readonly history_bytes: number }).history_bytes).toBeLessThanOrEqual(10 * 1024)
    expect(details(feed).oldest).toBeGreaterThan(40)
  })

  it('keeps the numbers over a restart, and tells what a new collector cannot have', async () => {
    const first = await open()
    await first.emit('a.a', 'b.b')
    await first.stop()
    const second = await open({}, { storage: first.storage })
    await second.emit('c.c')
    const one = await client(`${second.url}?from=2`)
    await waitFor('one event', () => one.events().length === 1)
    expect(one.messages.slice(2)).toMatchObject([
      { type: 'gap', from: 2, to: 2 },
      { seq: 3, type: 'c.c' },
    ])
    const foreign = await client(`${second.url}?from=900`)
    await waitFor('one event', () => foreign.events().length === 1)
    expect(foreign.messages[2]).toMatchObject({ type: 'gap', reason: 'restarted', to: 899 })
  })
})

/** A client that reads its handshake and then nothing more. */
const stuck = async (url: string) => {
  const { hostname, port } = new URL(url)
  const socket = tcpConnect(Number(port), hostname)
  cleanups.push(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(
    `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  )
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  return socket
}

describe('a slow client', () => {
  const many = (count: number): Batch =>
    events(
      Array.from({ length: count }, () => 'a.b'),
      10_000,
    )

  it('misses events and is told how many; another one misses nothing', async () => {
    const feed = await open({ client_queue: { events: 20 } })
    const slow = await client(feed.url)
    const good = await client(feed.url)
    slow.socket.pause()
    for (let i = 0; i < 100; i++) {
      await feed.consume(many(10))
      await waitFor('the good one keeps up', () => good.events().length === (i + 1) * 10)
    }
    slow.socket.resume()
    await waitFor('the slow one has the last', () => slow.events().at(-1)?.seq === 1000)
    expect(good.types()).not.toContain('gap')
    const gaps = slow.messages.filter((one) => one.type === 'gap') as unknown as {
      from: number
      to: number
      missed: number
    }[]
    const missed = gaps.reduce((sum, gap) => sum + gap.missed, 0)
    expect(missed).toBeGreaterThan(0)
    expect(slow.events().length + missed).toBe(1000)
    // Every number is either an event or inside a gap.
    const seen = new Set(slow.events().map((one) => one.seq))
    for (let seq = 1; seq <= 1000; seq++)
      expect(seen.has(seq) || gaps.some((gap) => gap.from <= seq && seq <= gap.to), String(seq)).toBe(true)
    expect(feed.metrics.value('seneca_websocket_missed_events', { exporter: 'websocket', reason: 'slow' })).toBe(missed)
  })

  it('is closed with 4408 where so configured', async () => {
    const feed = await open({ client_queue: { events: 5 }, on_slow: 'disconnect' })
    const slow = await client(feed.url)
    slow.socket.pause()
    for (let i = 0; i < 60; i++) await feed.consume(many(20))
    slow.socket.resume()
    expect(await slow.closed).toEqual({ code: 4408, reason: 'too slow' })
  })

  it('that never reads holds neither memory nor anybody up', async () => {
    const feed = await open()
    await stuck(feed.url)
    const before = process.memoryUsage.rss()
    for (let i = 0; i < 50; i++) await feed.consume(many(100))
    expect(details(feed).seq).toBe(5000)
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1024 * 1024)
  })
})

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
