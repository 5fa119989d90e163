import { describe, expect, it } from 'vitest'
import type { Batch } from 'seneca-collector'
import { waitFor } from '../../../test/setup/wait-for.ts'
import { cleanups, client, details, events, open, stuck } from '../../../test/websocket/feed.ts'
import type { Message } from '../../../test/websocket/feed.ts'

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

  it('sends at once: what is published is on its way before consume comes back, and no timer is armed', async () => {
    const feed = await open({ ping_interval: '0s' })
    const one = await client(feed.url)
    const before = feed.metrics.value('seneca_websocket_sent_messages', { exporter: 'websocket' })
    for (let i = 1; i <= 50; i++) {
      const consumed = feed.emit('agent.registered')
      expect(feed.metrics.value('seneca_websocket_sent_messages', { exporter: 'websocket' })).toBe(before + i)
      expect(feed.clock.pending).toBe(0)
      await consumed
    }
    await waitFor('all came', () => one.events().length === 50)
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
    for (let i = 0; i < 50; i++) await feed.consume(many(100))
    expect(details(feed).seq).toBe(5000)
    expect((feed.inspect() as { readonly history_bytes: number }).history_bytes).toBeLessThanOrEqual(16 * 1024 * 1024)
  })
})
