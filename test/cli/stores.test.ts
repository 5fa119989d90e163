import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { folderWith, run, start } from './command.ts'
import { waitFor } from '../setup/wait-for.ts'

/** A destination that answers what `status` says. */
const destination = async (status: () => number) => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const code = status()
      response.writeHead(code, { 'content-type': 'application/json' }).end(code === 200 ? '{}' : '')
      if (code === 200) taken++
    })
  }).listen(0, '127.0.0.1')
  let taken = 0
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, taken: () => taken }
}

const yaml = (port: number, receiver: string, exporter: string): string => `
extensions: { file_storage: { directory: ./kept, create_directory: true } }
receivers: { ${receiver} }
exporters:
  otlp_http: { endpoint: 'http://127.0.0.1:${port}', ${exporter} }
service:
  extensions: [file_storage]
  pipelines: { logs: { receivers: [${receiver.split(':')[0]}], exporters: [otlp_http] } }
`
const generator = 'generator: { rate: 0, count: 20, seed: 1 }'
const nothing = 'file_log: { include: [none.log] }'
const json = (text: string): never => JSON.parse(text) as never

/** The exporter has another name now: its queue is said and stays. */
const listsOrphans = async (
  folder: string,
  port: number,
  ls: () => Promise<readonly Record<string, unknown>[]>,
): Promise<void> => {
  const renamed = yaml(port, nothing, 'sending_queue: { storage: file_storage }').replaceAll(
    'otlp_http',
    'otlp_http/new',
  )
  writeFileSync(join(folder, 'collector.yaml'), renamed)
  const collector = start(folder, ['run'])
  onTestFinished(() => void collector.process.kill('SIGKILL'))
  await waitFor('the collector', () => collector.err().includes('running collector.yaml'))
  await waitFor('what it says of the queue', () =>
    collector.err().includes('a queue of exporter/otlp_http holds records that nothing sends'),
  )
  const { out } = await run(folder, ['buffer', 'ls'])
  expect(out).toMatch(/exporter\/otlp_http +20 +1 +\d[\d,]* +0 +nothing of that name runs/)
  expect(out).toMatch(/exporter\/otlp_http\/new +0 +0 +\d+ +0 +in use/)
  expect(await run(folder, ['buffer', 'repair', 'otlp_http/new'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('a running collector has the queue of exporter/otlp_http/new and mends it by itself'),
  })
  collector.process.kill('SIGTERM')
  expect((await collector.finished).code).toBe(0)
  expect(await ls()).toContainEqual(expect.objectContaining({ component: 'exporter/otlp_http', records: 20 }))
}

describe('seneca-collector buffer', () => {
  it('lists, prints, verifies, exports and repairs what waits for a destination that is down', async () => {
    const { port } = await destination(() => 503)
    const queue = 'sending_queue: { storage: file_storage }'
    const folder = folderWith({ 'collector.yaml': yaml(port, generator, queue) })
    const ran = await run(folder, ['run', '--once'])
    expect(ran.err).toContain('records stay on disk and go out with the next start otlp_http=20')
    expect(ran.code).toBe(5)
    const path = join(folder, 'kept', 'queues', 'exporter%2Fotlp_http')
    const ls = async (): Promise<readonly Record<string, unknown>[]> =>
      json((await run(folder, ['buffer', 'ls', '--json'])).out)
    expect(await ls()).toEqual([
      expect.objectContaining({
        component: 'exporter/otlp_http',
        folder: path,
        records: 20,
        in_use: false,
        damaged: 0,
      }),
    ])
    const printed = (await run(folder, ['buffer', 'cat', 'otlp_http', '--limit', '3'])).out.trim().split('\n')
    expect(printed.map((line) => typeof (json(line) as { type: unknown }).type)).toEqual(['string', 'string', 'string'])
    expect((await run(folder, ['buffer', 'export', 'otlp_http', '--out', 'left.jsonl'])).code).toBe(0)
    expect(readFileSync(join(folder, 'left.jsonl'), 'utf8').trim().split('\n')).toHaveLength(20)
    expect((await run(folder, ['buffer', 'verify'])).out).toBe(`${path}: 20 records, sound\n`)

    const segment = join(path, readdirSync(path).find((name) => name.endsWith('.log')) ?? '')
    const bytes = readFileSync(segment)
    writeFileSync(segment, Buffer.concat([bytes.subarray(0, 24), Buffer.from('damaged!'), bytes.subarray(24)]))
    const verified = await run(folder, ['buffer', 'verify'])
    expect([verified.code, verified.out]).toEqual([1, `${path}: 20 records, 8 damaged bytes, which are passed over\n`])
    expect((await run(folder, ['buffer', 'repair', 'otlp_http'])).out).toContain('1 pieces of them kept as *.damaged')
    expect(await ls()).toEqual([expect.objectContaining({ records: 20, setAside: 8 })])
    expect((await run(folder, ['buffer', 'repair', 'otlp_http', '--discard-damaged'])).code).toBe(0)
    expect(await ls()).toEqual([expect.objectContaining({ records: 20, setAside: 0 })])
    expect(await run(folder, ['buffer', 'cat', 'webhook'])).toMatchObject({
      code: 2,
      err: "seneca-collector: there are no queues of 'webhook'; there are exporter/otlp_http\n",
    })
    await listsOrphans(folder, port, ls)
  })
})

describe('seneca-collector dlq', () => {
  it('lists, shows, edits, purges and sends again, with a collector and without', async () => {
    let status = 400
    const { port, taken } = await destination(() => status)
    const letters = 'dead_letter: { storage: file_storage }'
    const folder = folderWith({ 'collector.yaml': yaml(port, generator, letters) })
    for (let i = 0; i < 3; i++) expect((await run(folder, ['run', '--once'])).code).toBe(0)
    const ls = async (): Promise<readonly { readonly id: string; readonly records: number }[]> =>
      json((await run(folder, ['dlq', 'ls', '--json'])).out)
    const [first, second] = await ls()
    expect(await ls()).toEqual(
      [1, 2, 3].map((n) =>
        expect.objectContaining({ id: `exporter/otlp_http:${n}`, records: 20, code: 'rejected', attempts: 1 }),
      ),
    )
    const shown = await run(folder, ['dlq', 'show', first?.id ?? ''])
    expect(shown.out.trim().split('\n')).toHaveLength(20)
    expect(shown.err).toContain('400')

    writeFileSync(join(folder, 'mended.jsonl'), shown.out.split('\n').slice(0, 2).join('\n'))
    expect((await run(folder, ['dlq', 'edit', first?.id ?? '', '--file', 'mended.jsonl'])).out).toBe(
      'exporter/otlp_http:4\n',
    )
    expect((await run(folder, ['dlq', 'purge', second?.id ?? ''])).out).toBe(
      '1 letters with 20 records were thrown away.\n',
    )
    expect(await run(folder, ['dlq', 'retry', '--all'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('exporter/otlp_http has no queue on disk here; start the collector, then dlq retry'),
    })

    status = 200
    writeFileSync(join(folder, 'collector.yaml'), yaml(port, nothing, letters))
    const collector = start(folder, ['run'])
    onTestFinished(() => void collector.process.kill('SIGKILL'))
    await waitFor('the collector', () => collector.err().includes('running collector.yaml'))
    expect((await run(folder, ['dlq', 'edit', 'exporter/otlp_http:4', '--file', 'mended.jsonl'])).out).toBe(
      'exporter/otlp_http:5\n',
    )
    expect(json((await run(folder, ['dlq', 'retry', '--all', '--json'])).out)).toEqual({ letters: 2, records: 22 })
    expect(taken()).toBe(2)
    expect((await run(folder, ['dlq', 'ls'])).out).toBe('There is no dead letter.\n')
    expect((await run(folder, ['dlq', 'retry', '--all'])).out).toBe('0 letters with 0 records were sent again.\n')
    const stats = json((await run(folder, ['stats', '--json'])).out) as { balance: readonly unknown[] }
    expect(stats.balance[0]).toMatchObject({ received: 22, delivered: 22, balanced: true })
    collector.process.kill('SIGTERM')
    expect((await collector.finished).code).toBe(0)
  })
})
