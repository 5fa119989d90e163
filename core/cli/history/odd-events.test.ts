/** Events as other programs write them, and stores that were damaged: what the verbs that ask a store make of both. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callVerb } from '../testing/call-verb.ts'

let folder: string

const configuration = `receivers:
  file_log: { include: [in.jsonl], format: envelope, start_at: beginning }
extensions:
  event_store: { retention_hours: 0 }
exporters:
  event_store: {}
service:
  extensions: [event_store]
  pipelines:
    logs: { receivers: [file_log], exporters: [event_store] }
`

/** Python's spaces and escapes, an offset, no id, a separator that ends a line for some, a number no double holds. */
const lines = [
  '{"id": "made", "type": "task.created", "timestamp": "2026-11-23T19:00:00+02:00", "data": {"task_id": "t1", "task_name": "Import \\"tides\\""}}',
  '{"id": "part", "type": "task.created", "timestamp": "2026-11-23T19:00:05+02:00", "data": {"task_id": "s1", "parent_id": "t1", "task_name": "caf\\u00e9"}}',
  '{"type":"task.started","timestamp":"2026-11-23T17:00:07Z","data":{"task_id":"t1","agent_id":"ana\\u0000\\u001b[31m"}}',
  '{"id":"sep\u2028arated","type":"task.assigned","timestamp":"2026-11-23T17:00:03.5Z","data":{"task_id":"t1","agent_id":"\u2028\u2029","n":123456789012345678901}}',
  '{"id":"last","type":"task.completed","timestamp":"2026-11-23 17:00:09","data":{"task_id":"t1","agent_id":"ana"}}',
]
const text = `${lines.join('\n')}\n`

const call = (...args: string[]) => callVerb(folder, args)
const file = (name: string): string => readFileSync(join(folder, name), 'utf8')
const change = (sql: string): void => {
  const database = new DatabaseSync(join(folder, '.seneca', 'events.db'))
  database.exec(sql)
  database.close()
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seneca-odd-'))
  writeFileSync(join(folder, 'in.jsonl'), '')
  writeFileSync(join(folder, 'collector.yaml'), configuration)
  writeFileSync(join(folder, 'odd.jsonl'), text)
  expect((await call('store', 'import', join(folder, 'odd.jsonl'))).out).toBe(
    '5 events were handed to the store (those it had stay once)\n',
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('events as others write them', () => {
  it('come out of a store byte for byte, into a file of any path', async () => {
    await call('store', 'export', '--out', join(folder, 'out.jsonl'))
    expect(file('out.jsonl')).toBe(text)
    expect((await call('audit', 'verify')).out).toMatch(/^The chain is whole: 5 events/)
    await call('audit', 'export', '--out', join(folder, 'sealed.jsonl'))
    expect(await call('audit', 'check', join(folder, 'sealed.jsonl'))).toMatchObject({ code: 0 })
    await expect(call('store', 'import', 'nowhere.jsonl')).rejects.toThrow('nowhere.jsonl cannot be read: ENOENT')
    await expect(call('audit', 'check', 'nowhere.jsonl')).rejects.toThrow('nowhere.jsonl cannot be read: ENOENT')
    writeFileSync(join(folder, 'odd.jsonl.seal.json'), '{"events":5}')
    await expect(call('audit', 'check', 'odd.jsonl')).rejects.toThrow('odd.jsonl.seal.json is no seal')
  })

  it('are shown on the clock of UTC, with the id they are stored by, and nothing that moves the cursor', async () => {
    const { out } = await call('query', '--ids')
    expect(out.split('\n').map((line) => line.replace(/ {2}task\..*$/, ''))).toEqual([
      'made  17:00:00',
      'part  17:00:05',
      expect.stringMatching(/^[\da-f]{32} {2}17:00:07$/),
      'sep arated  17:00:03',
      'last  17:00:09',
      '',
    ])
    const id = /^([\da-f]{32})/m.exec(out)![1]!
    expect((await call('explain', id)).out).toMatch(/task\.started .*\n/)
    // eslint-disable-next-line no-control-regex -- control characters are exactly what must not be there
    expect((await call('state')).out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028]/)
  })

  it('are found by what they mean, and joined by it', async () => {
    expect((await call('query', '--text', 'café')).out).toMatch(/task\.created/)
    expect((await call('query', '--text', 'Import "tides"')).out).toMatch(/task\.created/)
    const chain = (await call('explain', 't1')).out.split('\n').map((line) => line.replace(/^[ +]*/, ''))
    expect(chain).toEqual([
      expect.stringMatching(/^17:00:00 .*task\.created/),
      expect.stringMatching(/^4 s {2}17:00:03 .*task\.assigned/),
      expect.stringMatching(/^2 s {2}17:00:05 .*"café" \(subtask\) {2}\(subtask\)/),
      expect.stringMatching(/^2 s {2}17:00:07 .*task\.started/),
      expect.stringMatching(/^2 s {2}17:00:09 .*task\.completed/),
      '',
    ])
  })
})

describe('a store in which one event is damaged', () => {
  beforeAll(() => change(`UPDATE events SET line = '{"id":"par' WHERE id = 'part'`))

  it('still tells of the others', async () => {
    expect((await call('query')).out).toMatch(
      /17:00:05 {2}task\.created \(damaged\) +where it is stored; see: audit verify\n/,
    )
    const json = await call('query', '--json')
    expect(json.out).toBe(text.replace(`${lines[1]!}\n`, ''))
    expect(json.err).toBe('1 events are damaged where they are stored and were left out; see: audit verify\n')
    expect((await call('explain', 't1')).out).toMatch(/task\.completed/)
    expect((await call('report', 'patterns', '--since', '2026-11-23', '--until', '2026-11-24')).out).toMatch(
      /^5 events/,
    )
    const again = await call('replay')
    expect(again.out.match(/"replayed":true/g)).toHaveLength(4)
    expect(again.err).toBe('4 events were replayed. 1 are damaged where they are stored; see: audit verify.\n')
  })

  it('is not sealed as if it were whole', async () => {
    await expect(call('audit', 'export', '--out', 'broken.jsonl')).rejects.toThrow(
      'event 2 is not what was stored, so there is nothing to seal; see: seneca-collector audit verify',
    )
    expect(() => file('broken.jsonl')).toThrow('ENOENT')
  })
})

describe('a store that is not what it was', () => {
  it('is found out when an event is found by what it does not say', async () => {
    change(`UPDATE events SET line = '${lines[1]!}', type = 'task.assigned' WHERE id = 'part'`)
    expect(await call('audit', 'verify')).toMatchObject({
      code: 1,
      out: 'The chain breaks at event 2 (part): what it is found by (id, time, type, task, agent, severity) is not what it says. 1 before it are whole.\n',
    })
  })

  it('is not taken for whole because it was begun anew', async () => {
    writeFileSync(join(folder, '.seneca', 'events.db'), 'x'.repeat(9_000))
    const { code, out } = await call('audit', 'verify')
    expect(code).toBe(1)
    expect(out).toMatch(
      /^The chain is whole: 0 events.*\nThe store is damaged: .*events\.db\.damaged was damaged and moved aside/,
    )
  })
})
