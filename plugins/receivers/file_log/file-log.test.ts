import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CollectorError, type LogRecord } from 'seneca-collector'
import { harness, type HarnessEnvironment, memoryStore } from 'seneca-collector/testing'
import { waitFor } from '../../../test/setup/wait-for.ts'
import fileLog from './index.ts'

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'file-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Reads a file once with these options. */
const readOnce = async (text: string, options: object, env: HarnessEnvironment = {}): Promise<readonly LogRecord[]> => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'app.log'), text)
  const run = await harness(
    fileLog,
    { include: ['*.log'], start_at: 'beginning', ...options },
    { once: true, folder, ...env },
  )
  await run.start()
  await waitFor('the end', () => run.ended)
  await run.stop()
  return run.records()
}

const attributesOf = (record: LogRecord | undefined): object => Object.fromEntries(record?.attributes ?? [])

describe('file_log', () => {
  it('reads text with the file name as attribute, trimmed and without blank lines', async () => {
    const records = await readOnce('one\n  two \r\n\n \nthree', {
      include_file_path: true,
      attributes: { a: 'b' },
      resource: { r: 's' },
    })
    expect(records.map((record) => record.body)).toEqual(['one', 'two', 'three'])
    expect(records.map((record) => record.origin?.offset)).toEqual([0, 4, 15])
    expect(attributesOf(records[0])).toEqual({
      'log.file.name': 'app.log',
      'log.file.path': expect.stringMatching(/\/app\.log$/) as string,
      a: 'b',
    })
    expect(Object.fromEntries(records[0]?.resource.attributes ?? [])).toEqual({ r: 's' })
    expect(records[0]?.observedTime).toBeGreaterThan(0n)
  })

  it('keeps white space where told to', async () => {
    const records = await readOnce(' a \n b\n', { preserve_leading_whitespaces: true })
    expect(records.map((record) => record.body)).toEqual([' a', ' b'])
  })

  it('makes the object of a line the body, and passes on or leaves out what is none', async () => {
    const text = '{"a":1}\nnot json\n{"b":{"c":[true]}}'
    const records = await readOnce(text, { format: 'json' })
    expect(records.map((record) => record.body)).toEqual([{ a: 1 }, 'not json', { b: { c: [true] } }])
    expect((await readOnce(text, { format: 'json', on_invalid: 'skip' })).length).toBe(2)
  })

  it('reads event envelopes', async () => {
    const line = JSON.stringify({
      id: 'x1',
      type: 'agent.registered',
      source: 's',
      timestamp: '2026-01-02T03:04:05.000Z',
      data: { agent_id: 'a1' },
      metadata: {},
      version: '1',
    })
    const [record] = await readOnce(line + '\n', { format: 'envelope', include_file_name: false })
    expect(record?.eventName).toBe('agent.registered')
    expect(attributesOf(record)).toMatchObject({ 'marcus.agent.id': 'a1', 'log.record.uid': 'x1' })
  })

  it('reads entries of several lines, of text and of JSON', async () => {
    const text = await readOnce('2026 a\n  b\n2026 c\n', { multiline: { line_start_pattern: '^2026' } })
    expect(text.map((record) => record.body)).toEqual(['2026 a\n  b', '2026 c'])
    const json = await readOnce('{\n "a": 1\n}\n{\n "a": 2\n}\n', {
      format: 'json',
      multiline: { line_end_pattern: '^\\}' },
    })
    expect(json.map((record) => [record.body, record.origin?.offset])).toEqual([
      [{ a: 1 }, 0],
      [{ a: 2 }, 12],
    ])
  })

  it('splits, truncates or leaves out what is longer than max_log_size', async () => {
    const text = 'x'.repeat(25) + '\nok\n'
    const bodies = async (max_log_size_behavior: string): Promise<unknown[]> =>
      (await readOnce(text, { max_log_size: 10, max_log_size_behavior })).map((record) => record.body)
    expect(await bodies('split')).toEqual(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5), 'ok'])
    expect(await bodies('truncate')).toEqual(['x'.repeat(10), 'ok'])
    expect(await bodies('skip')).toEqual(['ok'])
  })

  it('goes on after a restart where it was, with nothing twice', async () => {
    const folder = temporaryFolder()
    const storage = memoryStore()
    const bodies: unknown[] = []
    for (let life = 0; life < 4; life++) {
      appendFileSync(join(folder, 'a.log'), `line ${life}\n`)
      const run = await harness(fileLog, { include: ['a.log'], start_at: 'beginning' }, { once: true, folder, storage })
      await run.start()
      await waitFor('the end', () => run.ended)
      await run.stop()
      bodies.push(...run.records().map((record) => record.body))
    }
    expect(bodies).toEqual(['line 0', 'line 1', 'line 2', 'line 3'])
  })

  it('starts at the end of what is there, also after a restart before anything came', async () => {
    const folder = temporaryFolder()
    const storage = memoryStore()
    writeFileSync(join(folder, 'a.log'), 'history\n')
    const first = await harness(fileLog, { include: ['a.log'] }, { folder, storage })
    await first.start()
    await first.stop()
    appendFileSync(join(folder, 'a.log'), 'news\n')
    const second = await harness(fileLog, { include: ['a.log'] }, { folder, storage })
    await second.start()
    await waitFor('the news', () => second.batches.length > 0)
    await second.stop()
    expect(second.records().map((record) => record.body)).toEqual(['news'])
  })

  it('keeps a rejected batch, sends it again and lets nothing overtake it', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.log'), 'one\n')
    let refusals = 0
    const run = await harness(
      fileLog,
      { include: ['a.log'], start_at: 'beginning' },
      {
        folder,
        next: () => {
          if (refusals++ < 2) throw new CollectorError('queue_full', 'full', { retryable: true })
        },
      },
    )
    await run.start()
    await waitFor('the first refusal', () => refusals === 1)
    appendFileSync(join(folder, 'a.log'), 'two\n')
    await waitFor('both lines', async () => {
      await run.clock.advance(1_000)
      return run.records().length === 2
    })
    await run.stop()
    expect(run.records().map((record) => record.body)).toEqual(['one', 'two'])
  })

  it('saves no position for what was not taken', async () => {
    const folder = temporaryFolder()
    const storage = memoryStore()
    writeFileSync(join(folder, 'a.log'), 'one\n')
    const refusing = await harness(fileLog, { include: ['a.log'], start_at: 'beginning' }, { folder, storage })
    refusing.follow(() => {
      throw new CollectorError('unavailable', 'down', { retryable: true })
    })
    await refusing.start()
    await waitFor('the refusal', () => refusing.logs.some((entry) => entry.message.includes('rejected')))
    await refusing.stop()
    const taking = await harness(fileLog, { include: ['a.log'], start_at: 'beginning' }, { folder, storage })
    await taking.start()
    await waitFor('the line', () => taking.records().length === 1)
    await taking.stop()
  })

  it('waits with a half-written line of JSON however long it takes', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.log')
    writeFileSync(path, '{"a":1}\n{"half":')
    const run = await harness(fileLog, { include: ['a.log'], start_at: 'beginning', format: 'json' }, { folder })
    await run.start()
    await waitFor('the first line', () => run.records().length === 1)
    await run.clock.advance(1_500)
    appendFileSync(path, '2}')
    await waitFor('the whole line', async () => {
      await run.clock.advance(500)
      return run.records().length === 2
    })
    await run.stop()
    expect(run.records().map((record) => record.body)).toEqual([{ a: 1 }, { half: 2 }])
  })

  it.each([
    [{ include: [] }, /include/],
    [{ include: ['a'], multiline: { line_start_pattern: '(' } }, /multiline\.line_start_pattern/],
    [{ include: ['a'], multiline: { line_start_pattern: 'a', line_end_pattern: 'b' } }, /give one of/],
    [{ include: ['a'], fingerprint_size: 3 }, /at least 16/],
    [
      { include: ['a'], operators: [{ type: 'regex_parser' }] },
      /regex_parser is not supported; use the processor transform/,
    ],
    [{ include: ['a'], operators: [{ type: 'json_parser', if: 'x' }] }, /no supported option if/],
    [{ include: ['a'], operators: [{ type: 'json_parser', parse_from: 'bo dy' }] }, /is no field/],
    [{ include: ['a'], operators: [{ type: 'json_parser', timestamp: { parse_from: 'body.t', layout: '%Q' } }] }, /%Q/],
    [{ include: ['a'], operators: [{ type: 'json_parser' }], format: 'json' }, /operators parse lines of text/],
  ])('refuses %j', async (options, message) => {
    await expect(harness(fileLog, options)).rejects.toThrow(message)
  })
})

describe('envelopes and OTLP', () => {
  it('pass as they are unless a file name is asked for', async () => {
    const envelope = JSON.stringify({ id: 'x', type: 'a.b', timestamp: '2026-01-02T03:04:05.000Z', data: { k: 1 } })
    const [plain] = await readOnce(envelope + '\n', { format: 'envelope' })
    expect([plain?.attributes.has('log.file.name'), plain?.observedTime]).toEqual([false, 0n])
    const [named] = await readOnce(envelope + '\n', { format: 'envelope', include_file_name: true })
    expect(named?.attributes.get('log.file.name')).toBe('app.log')
  })
})
