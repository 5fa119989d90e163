import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, describe, expect, it } from 'vitest'
import { CollectorError } from 'seneca-collector'
import { eventType } from 'seneca-collector/events'
import type { Batch, LogRecord } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import type { Harness, HarnessEnvironment } from 'seneca-collector/testing'
import { answers, startServer, text } from '../../../test/conformance/servers.ts'
import type { TestMcpServer, ToolMaker } from '../../../test/conformance/servers.ts'
import { waitFor } from '../../../test/setup/wait-for.ts'
import mcp from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const server = async (...args: Parameters<typeof startServer>): Promise<TestMcpServer> => {
  const started = await startServer(...args)
  cleanups.push(() => started.close())
  return started
}

const start = async (options: object, env: HarnessEnvironment = {}): Promise<Harness> => {
  const started = await harness(mcp, options, env)
  cleanups.push(() => started.stop())
  await started.start()
  return started
}

const envelope = (record: LogRecord): Record<string, unknown> => ({
  type: record.eventName,
  body: record.body,
  ...Object.fromEntries(record.attributes),
})
const events = (one: Harness, type?: string): Record<string, unknown>[] =>
  one
    .records()
    .map(envelope)
    .filter((event) => type === undefined || event['type'] === type)
const came = (one: Harness, type: string, count = 1): Promise<unknown> =>
  waitFor(`${count} ${type}`, () => events(one, type).length >= count)

const STATUS = { success: true, project: { id: 'p1', name: 'Tide Tables', completion_percentage: 25 } }
const status: ToolMaker = answers('get_project_status', () => ({
  ...text(JSON.stringify(STATUS)),
  structuredContent: { result: STATUS },
}))
const agents: ToolMaker = answers('list_agents', () => text(JSON.stringify({ agents: [{ id: 'a' }, { id: 'b' }] })))
/** Answers one after the other, then the last one for ever. */
const series = (name: string, ...values: unknown[]): ToolMaker => {
  let at = 0
  return answers(name, () => text(JSON.stringify(values[Math.min(at++, values.length - 1)])))
}

describe.each(['legacy', 'modern'] as const)('a %s server', (era) => {
  it('is polled on the interval; each answer is the body of an event', async () => {
    const started = await server(era, [status])
    const one = await start({
      endpoint: started.url,
      tools: [{ name: 'get_project_status', interval: '10s', jitter: 0 }],
    })
    await came(one, 'mcp.tool.result')
    expect(events(one)[0]).toMatchObject({
      type: 'mcp.connection.opened',
      'marcus.transport': 'http',
      'marcus.era': era,
      'seneca.metadata.server': 'test-server',
    })
    expect(events(one)[1]).toMatchObject({
      type: 'mcp.tool.result',
      body: STATUS,
      'marcus.tool': 'get_project_status',
      'marcus.ok': true,
      'seneca.source': 'mcp',
      'seneca.metadata.category': 'mcp',
      'log.record.uid': expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    await one.clock.advance(10_000)
    await came(one, 'mcp.tool.result', 2)
    await one.clock.advance(9_000)
    expect(started.calls).toHaveLength(2)
    expect(started.calls[0]?.meta).toMatchObject({ 'seneca-collector/observer': true })
    expect(one.statuses.at(-1)?.state).toBe('ok')
  })

  it('is followed by its resources: read at the start and on each update', async () => {
    const started = await server(era, [status])
    const one = await start({ endpoint: started.url, resources: ['board://tasks'] })
    await came(one, 'mcp.resource.updated')
    expect(events(one, 'mcp.resource.updated')[0]).toMatchObject({
      body: { tasks: 0 },
      'marcus.uri': 'board://tasks',
      'marcus.mime_type': 'application/json',
    })
    await waitFor(
      'the stream is open',
      () => era === 'modern' || started.requests.some((request) => request.method === 'GET'),
    )
    await started.resourceUpdated('board://tasks')
    await came(one, 'mcp.resource.updated', 2)
  })
})

describe('an answer', () => {
  it('becomes other events by a map, and one of each item by split', async () => {
    const started = await server('legacy', [status, agents])
    const one = await start({
      endpoint: started.url,
      tools: [{ name: 'get_project_status' }, { name: 'list_agents', split: 'agents' }],
      map: [
        'set(event_name, "project.status.updated") where attributes["marcus.tool"] == "get_project_status"',
        'set(attributes["marcus.progress"], body["project"]["completion_percentage"]) where event_name == "project.status.updated"',
        'set(attributes["marcus.agent.id"], body["id"]) where attributes["marcus.tool"] == "list_agents"',
      ],
    })
    await came(one, 'project.status.updated')
    await came(one, 'mcp.tool.result', 2)
    expect(events(one, 'project.status.updated')[0]).toMatchObject({ 'marcus.progress': 25 })
    expect(events(one, 'mcp.tool.result').map((event) => event['marcus.agent.id'])).toEqual(['a', 'b'])
  })

  it('that is an error is a system.error; a refusal in other words is passed on', async () => {
    const started = await server('legacy', [
      answers('broken', () => ({ ...text("'MarcusServer' object has no attribute '_x'"), isError: true })),
      answers('refused', () => text('{"success":false,"error":"No active project"}')),
    ])
    const one = await start({
      endpoint: started.url,
      tools: [{ name: 'broken' }, { name: 'refused' }, { name: 'unknown' }],
    })
    await came(one, 'system.error', 2)
    await came(one, 'mcp.tool.result')
    expect(events(one, 'system.error').find((event) => event['marcus.tool'] === 'broken')).toMatchObject({
      'marcus.message': "'MarcusServer' object has no attribute '_x'",
    })
    expect(events(one, 'mcp.tool.result')[0]).toMatchObject({
      'marcus.tool': 'refused',
      'marcus.ok': false,
      'marcus.error': 'No active project',
    })
  })

  it('that is 10 MB long, or no JSON, is told and counted, and stops nothing', async () => {
    const started = await server('legacy', [
      status,
      answers('huge', () => text('x'.repeat(10_000_000))),
      answers('cut', () => text('{"a": [1, 2')),
    ])
    const tools = ['huge', 'cut', 'get_project_status'].map((name) => ({ name, interval: '10s' }))
    const one = await start({ endpoint: started.url, tools })
    await came(one, 'system.error')
    await came(one, 'mcp.tool.result', 2)
    expect(events(one, 'system.error')[0]).toMatchObject({ 'marcus.tool': 'huge', 'marcus.code': 'too_large' })
    expect(events(one, 'mcp.tool.result').find((event) => event['marcus.tool'] === 'cut')).toMatchObject({
      body: '{"a": [1, 2',
      'marcus.malformed': expect.stringContaining('JSON'),
    })
    expect(one.inspect()).toMatchObject({ tooLarge: 1, malformed: 1, state: 'open' })
    expect(one.metrics.value('seneca_mcp_calls', { receiver: 'mcp', tool: 'huge', outcome: 'too_large' })).toBe(1)
  })

  it('carries no prompts, keys or home paths unless they are wanted', async () => {
    const reply = {
      agent: { instructions: 'You are …', api_key: 'sk-1', tokens: 12 },
      log_dir: '/home/mara/marcus/logs',
    }
    const started = await server('legacy', [answers('status', () => text(JSON.stringify(reply)))])
    const clean = await start({ endpoint: started.url, tools: [{ name: 'status' }] })
    await came(clean, 'mcp.tool.result')
    expect(events(clean, 'mcp.tool.result')[0]).toMatchObject({
      body: { agent: { instructions: '[REDACTED]', api_key: '[REDACTED]', tokens: 12 }, log_dir: '~/marcus/logs' },
    })
    const full = await start({ endpoint: started.url, tools: [{ name: 'status' }], include_content: true })
    await came(full, 'mcp.tool.result')
    expect(events(full, 'mcp.tool.result')[0]).toMatchObject({ body: reply })
  })

  it('is sent only when it differs from what was taken last, if so wanted', async () => {
    const started = await server('legacy', [series('board', { n: 1 }, { n: 1 }, { n: 2 })])
    const one = await start({
      endpoint: started.url,
      tools: [{ name: 'board', interval: '10s', jitter: 0, changes_only: true }],
    })
    await came(one, 'mcp.tool.result')
    for (const calls of [2, 3, 4]) {
      await one.clock.advance(10_000)
      await waitFor('the next poll', () => started.calls.length === calls)
    }
    await came(one, 'mcp.tool.result', 2)
    expect(events(one, 'mcp.tool.result').map((event) => event['body'])).toEqual([{ n: 1 }, { n: 2 }])
  })
})

describe('delivery', () => {
  const down = (): never => {
    throw new CollectorError('unavailable', 'down', { retryable: true })
  }

  it('replaces an answer that nobody took by a newer one; the base moves only when it is taken', async () => {
    const started = await server('legacy', [series('board', { n: 1 }, { n: 2 }, { n: 3 })])
    const tools = [{ name: 'board', interval: '60s', jitter: 0, changes_only: true }]
    const one = await start(
      { endpoint: started.url, tools },
      { next: (batch: Batch) => ((batch.at(0) as LogRecord).eventName === 'mcp.tool.result' ? down() : undefined) },
    )
    for (const calls of [1, 2, 3]) {
      await waitFor('a poll', () => started.calls.length === calls)
      await waitFor('the refusal', () => one.logs.some((entry) => entry.message.includes('rejected')))
      if (calls < 3) await one.clock.advance(60_000)
    }
    await waitFor(
      'two were replaced',
      () => (one.inspect() as { tools: { replaced: number }[] }).tools[0]?.replaced === 2,
    )
    one.follow(() => undefined)
    await one.clock.advance(30_000)
    await came(one, 'mcp.tool.result')
    expect(events(one, 'mcp.tool.result').map((event) => event['body'])).toEqual([{ n: 3 }])
  })

  it('asks each tool once under --once, delivers, and ends', async () => {
    const started = await server('legacy', [status, agents])
    const one = await start(
      { endpoint: started.url, tools: [{ name: 'get_project_status' }, { name: 'list_agents' }] },
      { once: true },
    )
    await waitFor('the end', () => one.ended)
    expect(events(one, 'mcp.tool.result')).toHaveLength(2)
    expect(started.calls).toHaveLength(2)
  })

  it('never asks a tool twice at once', async () => {
    const started = await server('legacy', [answers('slow', () => new Promise(() => undefined)), status])
    const one = await start({
      endpoint: started.url,
      tools: [
        { name: 'slow', interval: '1s', timeout: '30s' },
        { name: 'get_project_status', interval: '1s', jitter: 0 },
      ],
      liveness_interval: '0s',
    })
    for (let polls = 1; polls <= 5; polls++) {
      await waitFor('the other goes on', () => events(one, 'mcp.tool.result').length >= polls)
      await one.clock.advance(1_000)
    }
    expect(started.calls.filter((call) => call.tool === 'slow')).toHaveLength(1)
  })
})

describe('a connection', () => {
  it('that is lost and back is told, with the time that was not seen, and polled at once', async () => {
    const first = await server('legacy', [status])
    const one = await start({
      endpoint: first.url,
      tools: [{ name: 'get_project_status', interval: '1h', jitter: 0 }],
      reconnect_max: '1s',
    })
    await came(one, 'mcp.tool.result')
    await first.close()
    await waitFor('the loss', async () => {
      await one.clock.advance(1_000)
      return events(one, 'mcp.connection.lost').length === 1
    })
    expect(one.statuses.at(-1)?.state).toBe('degraded')
    await server('legacy', [status], { port: first.port })
    await waitFor('the return', async () => {
      await one.clock.advance(1_000)
      return events(one, 'mcp.connection.restored').length === 1
    })
    const lost = events(one, 'mcp.connection.lost')[0]
    const restored = events(one, 'mcp.connection.restored')[0]
    expect(lost).toMatchObject({ 'marcus.reason': expect.stringContaining('cannot be reached') })
    expect(restored?.['marcus.outage_seconds']).toBeGreaterThan(0)
    expect(restored?.['seneca.metadata.time_range']).toEqual([lost?.['seneca.metadata.last_seen'], expect.any(String)])
    expect(one.statuses.at(-1)?.state).toBe('ok')
  })

  it('over stdio works the same', async () => {
    const script = new URL('../../../test/conformance/stdio-server.mts', import.meta.url).pathname
    const one = await start({ command: process.execPath, args: [script], tools: [{ name: 'status' }] })
    await came(one, 'mcp.tool.result')
    expect(events(one, 'mcp.connection.opened')[0]).toMatchObject({
      'marcus.transport': 'stdio',
      'marcus.peer': 'node',
    })
    expect(one.inspect()).toMatchObject({ skippedLines: 3 })
  })

  it('to nobody is degraded, in words, and stops cleanly', async () => {
    const nobody = await server('legacy', [])
    await nobody.close()
    const one = await start({ endpoint: nobody.url, tools: [{ name: 'x' }] })
    await waitFor('it is degraded', () => one.statuses.at(-1)?.state === 'degraded')
    expect(one.statuses.at(-1)?.reason).toContain('ECONNREFUSED')
    expect(one.batches).toEqual([])
  })
})

describe('every event', () => {
  it('is one the catalogue describes', async () => {
    const first = await server('legacy', [status, answers('broken', () => ({ ...text('no'), isError: true }))])
    const one = await start({ endpoint: first.url, tools: [{ name: 'get_project_status' }, { name: 'broken' }] })
    await came(one, 'mcp.tool.result')
    await came(one, 'system.error')
    await first.close()
    await waitFor('the loss', async () => {
      await one.clock.advance(1_000)
      return events(one, 'mcp.connection.lost').length === 1
    })
    await server('legacy', [status], { port: first.port })
    await waitFor('the return', async () => {
      await one.clock.advance(1_000)
      return events(one, 'mcp.connection.restored').length === 1
    })
    const ajv = new Ajv2020({ strict: false })
    const types = new Set<string>()
    for (const batch of one.batches) {
      for (const line of Buffer.concat(batch.encode('envelope')).toString().trim().split('\n')) {
        const { type, data } = JSON.parse(line) as { type: string; data: unknown }
        const known = eventType(type)
        types.add(type)
        expect(known, type).toBeDefined()
        expect(ajv.validate(known?.schema as object, data), `${line}: ${ajv.errorsText()}`).toBe(true)
      }
    }
    expect(types.size).toBe(5)
  })
})

describe('the options', () => {
  it.each([
    [{}, /needs `endpoint`/],
    [{ endpoint: 'http://x', command: 'y' }, /two servers/],
    [{ endpoint: 'ftp://x' }, /no http or https URL/],
    [{ endpoint: 'http://x', args: ['a'] }, /belongs to a stdio server/],
    [{ command: 'x', headers: { a: 'b' } }, /belongs to an HTTP server/],
    [{ endpoint: 'http://x', transport: 'stdio' }, /the transport is http/],
    [{ endpoint: 'http://x', auth: { token: 'a', token_file: 'b' } }, /is enough/],
    [{ endpoint: 'http://x', tools: [{ name: 'a', interval: '0s' }] }, /longer than 0/],
    [{ endpoint: 'http://x', map: ['set(event_name, )'] }, /map\.0/],
  ])('%j are refused', async (options, message) => {
    await expect(harness(mcp, options)).rejects.toThrow(message)
  })
})

describe('the plugin', () => {
  for (const check of conformance(mcp, { folder: import.meta.dirname })) it(check.name, check.run)
})
