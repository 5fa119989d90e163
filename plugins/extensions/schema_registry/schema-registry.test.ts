import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kvm } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import type { SchemaRegistryFace } from 'seneca-collector/schemas'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { natsServers, startNatsServer } from '../../../test/setup/nats-server.ts'
import { missing } from '../../../test/setup/programs.ts'
import { waitFor } from '../../../test/setup/wait-for.ts'
import registry from './index.ts'

const folderWith = (files: Readonly<Record<string, object>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-schemas-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'schemas'))
  for (const [name, schema] of Object.entries(files))
    writeFileSync(join(folder, 'schemas', name), JSON.stringify(schema))
  return folder
}
const own = { schemas: ['./schemas/*.json'] }
const migration = { name: 'm', type: 'a.b', from: '1.0', to: '2.0', statements: ['set(data["x"], 1)'] }

describe('schema_registry', () => {
  for (const check of conformance(registry, { folder: import.meta.dirname })) it(check.name, check.run)

  it('has schemas from files beside the catalogue', async () => {
    const folder = folderWith({
      'deploy.finished.json': { type: 'object', required: ['seconds'] },
      'other.json': { 'x-event-type': 'deploy.begun', 'x-event-version': '2.1' },
    })
    const run = await harness(registry, own, { folder })
    const schemas = (run.component.face as SchemaRegistryFace).schemas()
    expect(schemas.latest('deploy.finished')?.check({})?.message).toContain("'seconds'")
    expect(schemas.latest('deploy.begun')?.version).toBe('2.1')
    expect(schemas.latest('task.completed')?.from).toBe('catalogue')
  })

  it('refuses a wrong schema, and a pattern that no file matches', async () => {
    const folder = folderWith({ 'a.b.json': { type: 'nonsense' } })
    await expect(harness(registry, own, { folder })).rejects.toThrow("the schema of 'a.b' is wrong")
    await expect(harness(registry, { schemas: ['none/*.json'] }, { folder })).rejects.toThrow('no file matches')
  })

  it.each([
    ['one that leads nowhere newer', [{ ...migration, to: '1.0' }], 'not newer than'],
    ['two that take the same', [migration, { ...migration, name: 'n', to: '3.0' }], 'two would be ambiguous'],
    ['statements that are wrong', [{ ...migration, statements: ['sett(data["x"], 1)'] }], 'sett'],
    ['a version that is none', [{ ...migration, from: 'one' }], "'one' is no version"],
  ])('refuses migrations: %s', async (_, migrations, message) => {
    await expect(harness(registry, { migrations })).rejects.toThrow(message)
  })
})

const servers = await natsServers()
if (servers.size === 0) it.skip(missing('nats-server'), () => undefined)

describe.each([...servers].slice(0, 1))('a bucket on the %s nats-server', (_, binary) => {
  it('is the source, and what changes there counts; what cannot be used changes nothing', async () => {
    const server = await startNatsServer(binary)
    onTestFinished(() => server.remove())
    const connection = await connect({ servers: server.url })
    onTestFinished(() => connection.close())
    const kv = await new Kvm(connection).create('schemas')
    await kv.put('deploy.finished', JSON.stringify({ 'x-event-version': '1.0' }))
    const run = await harness(registry, { kv: { servers: [server.url], bucket: 'schemas' } })
    onTestFinished(() => run.stop())
    await run.start()
    const latest = () => (run.component.face as SchemaRegistryFace).schemas().latest('deploy.finished')?.version
    expect(latest()).toBe('1.0')
    await kv.put('deploy.finished', JSON.stringify({ 'x-event-version': '2.0' }))
    await waitFor('the new version', () => latest() === '2.0')
    await kv.put('deploy.finished', '{"type":"nonsense"}')
    await waitFor('the wrong one to be said', () => run.statuses.at(-1)?.state === 'degraded')
    expect(latest()).toBe('2.0')
    await kv.delete('deploy.finished')
    await waitFor('the schema to be gone', () => latest() === undefined)
  })

  it('that is not there is said at the start', async () => {
    const run = await harness(registry, { kv: { servers: ['127.0.0.1:1'], bucket: 'schemas' } })
    await expect(run.start()).rejects.toThrow('cannot be reached')
  })
})
