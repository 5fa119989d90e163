import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { event } from '../../events/index.ts'
import { logs } from '../../model/index.ts'
import type { Value } from '../../model/index.ts'
import { loadVerb, verbs } from '../index.ts'
import { callVerb } from '../testing/call-verb.ts'
import { parseWhen } from './when.ts'

const T0 = Date.UTC(2026, 10, 23, 17)
let folder: string

const fact = (id: string, type: string, seconds: number, data: Record<string, Value>, more: object = {}) =>
  event({ type, id, source: 'marcus_logs', time: BigInt(T0 + seconds * 1_000) * 1_000_000n, data, ...more })

const day = logs([
  fact('reg', 'agent.registered', 0, { agent_id: 'ana', name: 'Ana', role: 'Backend', skills: [] }),
  fact('t0done', 'task.completed', 5, { task_id: 't0', agent_id: 'ana', by: 'agent' }),
  fact('made', 'task.created', 6, {
    task_id: 't1',
    task_name: 'Import',
    project_id: 'p',
    priority: 'high',
    depends_on: ['t0'],
  }),
  fact('given', 'task.assigned', 10, { task_id: 't1', agent_id: 'ana', task_name: 'Import' }),
  fact('half', 'task.progress.updated', 20, {
    task_id: 't1',
    agent_id: 'ana',
    progress: 50,
    status: 'in_progress',
    regressed: false,
  }),
  fact(
    'mute',
    'agent.silent',
    260,
    { agent_id: 'ana', task_id: 't1', silent_seconds: 240, by: 'threshold' },
    { derived: true, evidence: ['half'] },
  ),
  fact(
    'back',
    'task.recovered',
    300,
    { task_id: 't1', agent_id: 'ana', recoveries: 1 },
    { derived: true, evidence: ['mute'] },
  ),
])

const configuration = `receivers:
  file_log: { include: [in.jsonl], format: envelope, start_at: beginning }
processors:
  filter: { logs: { event: ['type == "task.progress.updated"'] } }
extensions:
  event_store: { retention_hours: 0 }
exporters:
  event_store: {}
  file: { path: out.jsonl, format: envelope }
  webhook: { url: 'http://127.0.0.1:9/' }
service:
  extensions: [event_store]
  pipelines:
    logs/store: { receivers: [file_log], exporters: [event_store] }
    logs/file: { receivers: [file_log], processors: [filter], exporters: [file, webhook] }
`

const call = (...args: string[]) => callVerb(folder, args)
const ids = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { readonly id: string }).id)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seneca-history-'))
  writeFileSync(join(folder, 'day.jsonl'), Buffer.concat(day.encode('envelope')))
  writeFileSync(join(folder, 'in.jsonl'), '')
  writeFileSync(join(folder, 'collector.yaml'), configuration)
  expect((await call('store', 'import', 'day.jsonl')).out).toMatch(/^7 events were handed to the store/)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the verbs that ask an event store', () => {
  it('are all in the list', () => {
    const names = verbs.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['query', 'explain', 'state', 'replay', 'store', 'audit']))
    return Promise.all(verbs.map(loadVerb))
  })

  it('find events by pattern, agent, condition and time, the last ones first asked for', async () => {
    expect(ids((await call('query', 'task.*', '--json')).out)).toEqual(['t0done', 'made', 'given', 'half', 'back'])
    expect(ids((await call('query', '--json', '--limit', '2')).out)).toEqual(['mute', 'back'])
    expect(ids((await call('query', '--where', 'data["progress"] > 40', '--json')).out)).toEqual(['half'])
    expect(
      ids((await call('query', '--since', '2026-11-23T17:04:00Z', '--severity', 'warning', '--json')).out),
    ).toEqual(['mute', 'back'])
    expect((await call('query', 'agent.silent')).out).toBe(
      '17:04:20  agent.silent              ana has been silent for 4 min, holding "t1"\n',
    )
    expect((await call('query', 'nothing.here')).err).toBe('No event fits.\n')
  })

  it('report what a window has in common, as text and as JSON', async () => {
    const window = ['--since', '2026-11-23T17:00:00Z', '--until', '2026-11-23T17:10:00Z']
    const { out } = await call('report', 'patterns', ...window)
    expect(out).toMatch(/^7 events of 7 types from 2026-11-23T17:00:00\.000Z to 2026-11-23T17:10:00\.000Z\n/)
    expect(out).toMatch(/What goes wrong\n.*\n {6}1 {6}1 {7}1 {2}agent\.silent {4}task\.recovered \(1\)\n/)
    expect(out).toMatch(/Tasks\n {2}2 seen, 1 completed, 1 open\n/)
    expect(out).toMatch(/ {2}Ana {8}1 {5}1 {5}1 {8}0 {8}0 {7}1 /)
    const report = JSON.parse((await call('report', 'patterns', ...window, '--json')).out) as Record<string, unknown>
    expect(report).toMatchObject({
      window: { since: '2026-11-23T17:00:00.000Z', until: '2026-11-23T17:10:00.000Z' },
      total_events: 7,
      retries: [{ task_id: 't1', attempts: 1, recoveries: 1, status: 'todo' }],
      anomalies: { learning: true, findings: [] },
    })
    expect(Object.keys(report)).toEqual(expect.arrayContaining(['event_types', 'common_sequences']))
    const one = JSON.parse((await call('report', 'patterns', ...window, '--task', 't0', '--json')).out) as object
    expect(one).toMatchObject({ total_events: 1, event_types: { 'task.completed': 1 } })
  })

  it('report in words that nothing is there, and what they do not understand', async () => {
    const nothing = await call('report', 'patterns', '--window', '10m', '--until', '2026-01-01')
    expect(nothing.code).toBe(0)
    expect(nothing.err).toBe(
      "No event that fits happened from 2025-12-31T23:50:00Z to 2026-01-01T00:00:00Z. The store 'event_store' holds 7 events " +
        'from 2026-11-23T17:00:00Z to 2026-11-23T17:05:00Z: name that time with --since and --until.\n',
    )
    await expect(call('report', 'paterns')).rejects.toThrow("report does not 'paterns'; did you mean 'patterns'?")
    await expect(call('report', 'patterns', '--window', 'yesterday')).rejects.toThrow(
      "'yesterday' is no length of a window",
    )
    await expect(call('report', 'patterns', '--window', '-1h')).rejects.toThrow('no length of a window')
    await expect(call('report', 'patterns', '--window', '1h', '--since', '2h')).rejects.toThrow('give one of them')
    await expect(call('report', 'patterns', '--since', '1h', '--until', '2h')).rejects.toThrow('ends before it begins')
    await expect(call('report', 'patterns', '--timezone', 'Mars/Base')).rejects.toThrow("'Mars/Base' is no time zone")
  })

  it('tell why: evidence, what went before with the gaps, and which rule leaves an event out', async () => {
    const { out } = await call('explain', 'half')
    expect(out).toMatch(/\+ 10 s {2}17:00:20 {2}task\.progress\.updated/)
    expect(out).toMatch(/agent\.silent .*\(after\)/)
    expect(out).toContain('from file_log: reaches event_store; left out by logs/file: type == "task.progress.updated"')
    const chain = JSON.parse((await call('explain', 'back', '--json')).out) as {
      readonly chain: readonly { readonly role: string; readonly event: { readonly id: string } }[]
    }
    expect(chain.chain.map(({ role, event: { id } }) => [id, role])).toEqual([
      ['made', 'before'],
      ['given', 'before'],
      ['half', 'evidence'],
      ['mute', 'evidence'],
      ['back', 'self'],
    ])
  })

  it('tell the course of a task, with what it waited for', async () => {
    const { out } = await call('explain', 't1')
    expect(out.split('\n')[0]).toMatch(/task\.completed .*\(depends on\)/)
    await expect(call('explain', 'nobody')).rejects.toThrow("neither an event nor a task 'nobody' is stored")
  })

  it('rebuild the state of a time', async () => {
    const at = async (time: string) =>
      JSON.parse((await call('state', '--at', time, '--json')).out) as { readonly tasks: Record<string, object> }
    expect((await at('2026-11-23T17:01:00Z')).tasks['t1']).toMatchObject({
      status: 'in_progress',
      agent: 'ana',
      progress: 50,
    })
    expect((await at('2026-11-23T17:06:00Z')).tasks['t1']).toMatchObject({ status: 'todo', agent: null, recoveries: 1 })
    expect((await call('state', '--at', '2026-01-01')).out).toBe('Nothing had happened by then.\n')
  })

  it('replay as it was, marked, without telling anybody', async () => {
    const { out, err } = await call('replay', 'task.*', '--until', '2026-11-23T17:00:15Z')
    expect(ids(out)).toEqual(['t0done', 'made', 'given'])
    expect(out.match(/"replayed":true/g)).toHaveLength(3)
    expect(err).toBe('3 events were replayed.\n')
    await call('replay', '--into', 'collector.yaml', '--pipeline', 'logs/file')
    expect(ids(readFileSync(join(folder, 'out.jsonl'), 'utf8'))).toEqual([
      'reg',
      't0done',
      'made',
      'given',
      'mute',
      'back',
    ])
    await expect(call('replay', '--alerts')).rejects.toThrow('need --into')
    await expect(call('replay', '--into', 'collector.yaml', '--pipeline', 'logs/x')).rejects.toThrow(
      "there is no pipeline 'logs/x'; there are logs/store, logs/file",
    )
  })

  it('export what fits as plain lines, and show what there is', async () => {
    expect((await call('store', 'export', 'task.*', '--out', 'tasks.jsonl')).out).toBe(
      '5 events were written to tasks.jsonl\n',
    )
    expect(ids(readFileSync(join(folder, 'tasks.jsonl'), 'utf8'))).toHaveLength(5)
    expect(JSON.parse((await call('store', 'ls', '--json')).out)).toMatchObject({
      id: 'event_store',
      events: 7,
      evicted: 0,
    })
  })

  it('find one changed byte, in the store’s file and in an export', async () => {
    const { out: whole, code } = await call('audit', 'verify')
    expect([code, whole]).toEqual([0, expect.stringMatching(/^The chain is whole: 7 events/)])
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', 'key.pem'], { cwd: folder, stdio: 'ignore' })
    execFileSync('openssl', ['pkey', '-in', 'key.pem', '-pubout', '-out', 'pub.pem'], { cwd: folder, stdio: 'ignore' })
    await call('audit', 'export', '--out', 'sealed.jsonl', '--key', 'key.pem')
    expect(await call('audit', 'check', 'sealed.jsonl', '--public-key', 'pub.pem')).toMatchObject({
      code: 0,
      out: 'sealed.jsonl is whole: 7 events. The signature is by the key you named.\n',
    })
    const path = join(folder, 'sealed.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"progress":50', '"progress":51'))
    expect(await call('audit', 'check', 'sealed.jsonl')).toMatchObject({
      code: 1,
      out: 'sealed.jsonl is not what was exported: at least one event was changed.\n',
    })
    const seal = join(folder, 'sealed.jsonl.seal.json')
    writeFileSync(seal, readFileSync(seal, 'utf8').replace('"events": 7', '"events": 6'))
    expect((await call('audit', 'check', 'sealed.jsonl')).out).toContain('the signature does not hold')
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(join(folder, '.seneca', 'events.db'))
    database.exec(`UPDATE events SET line = replace(line, 'Ana', 'Eva') WHERE id = 'reg'`)
    database.close()
    expect(await call('audit', 'verify')).toMatchObject({
      code: 1,
      out: 'The chain breaks at event 1 (reg): it was changed. 0 before it are whole.\n',
    })
  })

  it('say what to do where there is no store', async () => {
    writeFileSync(
      join(folder, 'bare.yaml'),
      configuration
        .replace('  extensions: [event_store]\n', '')
        .replace('exporters: [event_store]', 'exporters: [file]'),
    )
    await expect(call('query', '--config', 'bare.yaml')).rejects.toThrow(
      "has no event store; add the extension and the exporter 'event_store'",
    )
  })
})

describe('a time', () => {
  it.each([
    ['1h', '2026-11-23T16:00:00.000Z'],
    ['9:05', '2026-11-23T09:05:00.000Z'],
    ['17:52:07', '2026-11-23T17:52:07.000Z'],
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01T10:00:00+02:00', '2026-11-01T08:00:00.000Z'],
  ])('is written %s', (text, iso) => {
    expect(new Date(Number(parseWhen(text, T0) / 1_000_000n)).toISOString()).toBe(iso)
  })

  it('is refused with examples', () => {
    expect(() => parseWhen('yesterday', T0)).toThrow("'yesterday' is no time; write 1h (ago)")
  })
})
