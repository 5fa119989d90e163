import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kvm } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import { expect, it, onTestFinished } from 'vitest'
import { natsServers, startNatsServer } from '../../test/setup/nats-server.ts'
import { checkSchema } from './schema-check.ts'
import type { Io } from './verb.ts'

const folderWith = (files: Readonly<Record<string, object>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-check-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, schema] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(schema))
  return folder
}

const check = async (
  cwd: string,
  names: readonly string[],
  options: Partial<Parameters<typeof checkSchema>[1]> = {},
): Promise<readonly [code: number, out: string]> => {
  let out = ''
  const io = { cwd, out: (text: string) => void (out += text), err: () => {}, env: {} } as unknown as Io
  const named = { config: [], set: [], 'allow-unset': false, schemas: [] }
  const code = await checkSchema(names, { ...named, compatibility: 'full', json: false, ...options }, io)
  return [code, out]
}

const old = { 'x-event-type': 'a.b', properties: { n: { type: 'number' } }, required: ['n'] }
const narrowed = {
  'x-event-type': 'a.b',
  'x-event-version': '2.0',
  properties: { n: { type: 'integer' } },
  required: ['n', 'm'],
}

it('refuses an incompatible change and says what breaks', async () => {
  const folder = folderWith({ 'old.json': old, 'new.json': narrowed })
  expect(await check(folder, ['old.json', 'new.json'])).toEqual([
    1,
    'a.b 1.0 → 2.0: not compatible (full)\n' +
      '  backward  m: is required, and may be missing\n' +
      '  backward  n: type number is not accepted; integer is\n',
  ])
  expect(await check(folder, ['old.json', 'new.json'], { compatibility: 'forward' })).toEqual([
    0,
    'a.b 1.0 → 2.0: compatible (forward)\n',
  ])
})

it('compares one file with what is registered: files, or the catalogue', async () => {
  const folder = folderWith({
    'old.json': old,
    'new.json': narrowed,
    'task.completed.json': { 'x-event-version': '2.0' },
  })
  const [code, out] = await check(folder, ['new.json'], { schemas: ['*.json'], json: true })
  expect([code, JSON.parse(out).breaks]).toMatchObject([1, [{ path: 'm' }, { path: 'n' }]])
  expect((await check(folder, ['task.completed.json']))[1]).toContain('task.completed 1.0 → 2.0: not compatible')
  await expect(check(folder, ['new.json'])).rejects.toThrow("no schema of 'a.b' up to version 2.0 is registered")
})

const configuration = (registry: object) => ({
  receivers: { generator: {} },
  exporters: { debug: {} },
  extensions: { schema_registry: registry },
  service: {
    extensions: ['schema_registry'],
    pipelines: { logs: { receivers: ['generator'], exporters: ['debug'] } },
  },
})
const breaks = 'a.b 1.0 → 2.0: not compatible (full)'

it('compares it with what the registry of the configuration has: the one here, or the one that is named', async () => {
  const here = folderWith({
    'old.json': old,
    'new.json': narrowed,
    'collector.yaml': configuration({ schemas: ['./old.json', './new.json'] }),
    'other.yaml': configuration({}),
    'none.yaml': { ...configuration({}), service: { pipelines: configuration({}).service.pipelines } },
  })
  expect((await check(here, ['new.json']))[1]).toContain(breaks)
  expect((await check(here, ['new.json'], { config: ['collector.yaml'] }))[1]).toContain(breaks)
  await expect(check(here, ['new.json'], { config: ['other.yaml'] })).rejects.toThrow("no schema of 'a.b'")
  expect((await check(here, ['new.json'], { config: ['other.yaml'], schemas: ['old.json'] }))[1]).toContain(breaks)
  await expect(check(here, ['new.json'], { config: ['none.yaml'] })).rejects.toThrow(
    'none.yaml starts no schema_registry; add it to service.extensions, or name files with --schemas',
  )
})

const nats = [...(await natsServers())][0]
it.skipIf(nats === undefined)('compares it with what the bucket of the configuration holds now', async () => {
  const server = await startNatsServer(nats![1])
  onTestFinished(() => server.remove())
  const connection = await connect({ servers: server.url })
  onTestFinished(() => connection.close())
  const bucket = await new Kvm(connection).create('schemas')
  await bucket.put('a.b', JSON.stringify(old))
  const kv = { servers: [server.url], bucket: 'schemas' }
  const here = folderWith({ 'new.json': narrowed, 'collector.yaml': configuration({ kv }) })
  expect((await check(here, ['new.json']))[1]).toContain(breaks)
  const away = folderWith({
    'new.json': narrowed,
    'collector.yaml': configuration({ kv: { ...kv, servers: ['127.0.0.1:1'] } }),
  })
  await expect(check(away, ['new.json'])).rejects.toThrow('the bucket schemas at 127.0.0.1:1 cannot be reached')
})

it('refuses a schema that is wrong in itself', async () => {
  const folder = folderWith({ 'old.json': old, 'new.json': { ...old, type: 'nonsense' } })
  await expect(check(folder, ['old.json', 'new.json'])).rejects.toThrow('is wrong')
})
