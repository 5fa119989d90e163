/** An event that breaks its schema, through the whole collector: to the dead letters with the place, mended, and sent again. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { logs } from '../../core/kit/index.ts'
import { freePort } from '../../core/http/free-port.ts'
import { waitFor } from '../setup/wait-for.ts'
import { folderWith, run, start } from './command.ts'

const configuration = `
receivers: { file_log: { include: [in.jsonl], format: envelope, start_at: beginning } }
processors: { validate: {} }
exporters: { file: { path: out.jsonl, format: envelope } }
extensions: { schema_registry: { schemas: ['schemas/*.json'] } }
service:
  extensions: [schema_registry]
  dead_letter: {}
  pipelines: { logs: { receivers: [file_log], processors: [validate], exporters: [file] } }
`
const schema = {
  'x-event-type': 'deploy.finished',
  'x-event-version': '1.0',
  type: 'object',
  properties: { seconds: { type: 'number' }, steps: { type: 'array', items: { type: 'object', required: ['name'] } } },
  required: ['seconds'],
}
const deploy = (id: string, data: object): string =>
  `${JSON.stringify({ id, type: 'deploy.finished', source: 'ci', timestamp: '2026-11-23T09:00:00Z', data, metadata: { severity: 'info' }, version: '1.0' })}\n`
const idsIn = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly id: string }).id)

it('becomes a dead letter with the place of the fault, and passes once it is mended and sent again', async () => {
  const folder = folderWith({
    'collector.yaml': configuration,
    'schemas/deploy.json': JSON.stringify(schema),
    'in.jsonl':
      deploy('good', { seconds: 3 }) +
      deploy('wrong', { seconds: 3, steps: [{ name: 'a' }, {}] }) +
      deploy('none', {}) +
      deploy('last', { seconds: 4 }),
  })
  expect((await run(folder, ['run', '--once'])).code).toBe(0)
  expect(idsIn(readFileSync(join(folder, 'out.jsonl'), 'utf8'))).toEqual(['good', 'last'])
  const ls = async (): Promise<readonly { readonly id: string; readonly reason: string }[]> =>
    JSON.parse((await run(folder, ['dlq', 'ls', '--json'])).out) as never
  expect((await ls()).map(({ reason }) => reason)).toEqual([
    "deploy.finished 1.0 breaks its schema: /data/steps/1: must have required property 'name'",
    "deploy.finished 1.0 breaks its schema: /data: must have required property 'seconds'",
  ])

  const collector = start(folder, ['run'])
  onTestFinished(() => void collector.process.kill('SIGKILL'))
  await waitFor('the collector', () => collector.err().includes('running collector.yaml'))
  const [wrong, none] = await ls()
  const shown = await run(folder, ['dlq', 'show', wrong!.id])
  writeFileSync(join(folder, 'mended.jsonl'), shown.out.replace('{}', '{"name":"b"}'))
  const edited = await run(folder, ['dlq', 'edit', wrong!.id, '--file', 'mended.jsonl'])
  expect(JSON.parse((await run(folder, ['dlq', 'retry', edited.out.trim(), '--json'])).out)).toEqual({
    letters: 1,
    records: 1,
  })
  await waitFor('the mended one', () => readFileSync(join(folder, 'out.jsonl'), 'utf8').includes('"b"'))
  // What was not mended is a letter again, and the stream goes on.
  await run(folder, ['dlq', 'retry', none!.id])
  expect((await ls()).map(({ reason }) => reason)).toEqual([
    expect.stringContaining("/data: must have required property 'seconds'"),
  ])
  appendFileSync(join(folder, 'in.jsonl'), deploy('more', { seconds: 5 }))
  await waitFor('the next', () => readFileSync(join(folder, 'out.jsonl'), 'utf8').includes('"more"'))
  expect(idsIn(readFileSync(join(folder, 'out.jsonl'), 'utf8'))).toEqual(['good', 'last', 'wrong', 'more'])
  const { balance } = JSON.parse((await run(folder, ['stats', '--json'])).out) as {
    readonly balance: readonly object[]
  }
  expect(balance[0]).toMatchObject({ received: 3, delivered: 2, deadLettered: 1, balanced: true })
  collector.process.kill('SIGTERM')
  expect((await collector.finished).code).toBe(0)
})

/** What an OTLP sender is answered whose second of three records breaks its schema. */
const answered = async (change: (yaml: string) => string) => {
  const port = await freePort()
  const yaml = configuration
    .replace(/file_log: .* }/, `otlp: { protocols: { http: { endpoint: 'localhost:${port}' } } } }`)
    .replace('[file_log]', '[otlp]')
  const folder = folderWith({ 'collector.yaml': change(yaml), 'schemas/deploy.json': JSON.stringify(schema) })
  const collector = start(folder, ['run'])
  onTestFinished(() => void collector.process.kill('SIGKILL'))
  await waitFor('the collector', () => collector.err().includes('running collector.yaml'))
  const record = (id: string, seconds: number | string) => ({
    eventName: 'deploy.finished',
    attributes: { 'log.record.uid': id, 'marcus.seconds': seconds, 'seneca.schema_version': '1.0' },
  })
  const body = Buffer.concat(logs([record('a', 1), record('b', 'soon'), record('c', 2)]).encode('otlp_json'))
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`http://localhost:${port}/v1/logs`, { method: 'POST', headers, body })
  expect(answer.status).toBe(200)
  expect(idsIn(readFileSync(join(folder, 'out.jsonl'), 'utf8'))).toEqual(['a', 'c'])
  const stats = await run(folder, ['stats', '--json'])
  const { balance } = JSON.parse(stats.out) as { readonly balance: readonly object[] }
  const letters = await run(folder, ['dlq', 'ls'])
  collector.process.kill('SIGTERM')
  expect((await collector.finished).code).toBe(0)
  return { said: await answer.json(), balance: balance[0], letters: letters.out }
}

it('is told to a sender that waits for an answer where no dead letters are kept; the rest of its request is taken', async () => {
  const reason = 'deploy.finished 1.0 breaks its schema: /data/seconds: must be number'
  const { said, balance } = await answered((yaml) => yaml.replace('  dead_letter: {}\n', ''))
  expect(said).toEqual({ partialSuccess: { rejectedLogRecords: '1', errorMessage: `1 of 3 records: ${reason}` } })
  expect(balance).toMatchObject({
    received: 3,
    delivered: 2,
    dropped: { 'processor/validate: invalid_data': 1 },
    balanced: true,
  })
  // Where they are kept, it is in good hands, and the sender has nothing to do.
  const kept = await answered((yaml) => yaml)
  expect(kept).toMatchObject({ said: {}, letters: expect.stringContaining(reason) as string })
  expect(kept.balance).toMatchObject({ received: 3, delivered: 2, deadLettered: 1, balanced: true })
})
