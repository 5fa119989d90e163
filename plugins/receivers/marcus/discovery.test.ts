import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { discover } from './discovery.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'seneca-discovery-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const put = (path: string, content: object): void => {
  const full = join(root, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, JSON.stringify(content))
}

/** A pid that is alive, and one that cannot be. */
const ALIVE = process.pid
const DEAD = 2 ** 30

const service = (
  name: string,
  { place = 'marcus', pid = ALIVE, args = '--multi', at = '2026-11-26T10:00:00+00:00' } = {},
): void =>
  put(`home/services/${name}.json`, {
    instance_id: name,
    pid,
    mcp_command: `/usr/bin/python /srv/server.py ${args}`,
    log_dir: join(root, place, 'logs/conversations'),
    working_directory: join(root, place),
    started_at: at,
  })

const find = (endpoint = 'auto') => discover({ home: join(root, 'home'), endpoint, base: root })

describe('the endpoint of a running Marcus', () => {
  it('is on port 4300 where nothing else is said', () => {
    service('one')
    expect(find()?.endpoint).toBe('http://127.0.0.1:4300/mcp')
  })

  it('is where the configuration of Marcus puts it', () => {
    service('one')
    put('marcus/config_marcus.json', {
      multi_endpoint: { analytics: { port: 14300, host: '0.0.0.0', path: '/analytics' } },
    })
    expect(find()?.endpoint).toBe('http://127.0.0.1:14300/analytics')
  })

  it('is on the port of the command line, whatever the configuration says', () => {
    service('one', { args: '--multi --analytics-port 5003' })
    put('marcus/config_marcus.json', { multi_endpoint: { analytics: { port: 14300 } } })
    expect(find()?.endpoint).toBe('http://127.0.0.1:5003/mcp')
  })

  it('is there when the configuration alone asks for several endpoints, and not when the command line overrules it', () => {
    put('marcus/config_marcus.json', { transport: { type: 'multi' } })
    service('one', { args: '' })
    expect(find()?.endpoint).toBe('http://127.0.0.1:4300/mcp')
    service('one', { args: '--http' })
    expect(find()).toMatchObject({
      endpoint: undefined,
      endpointReason: expect.stringContaining('not started with --multi'),
    })
  })

  it('is none when it is switched off, or when nothing runs', () => {
    put('marcus/config_marcus.json', { multi_endpoint: { analytics: { enabled: false } } })
    service('one')
    expect(find()).toMatchObject({ endpoint: undefined, endpointReason: expect.stringContaining('switched off') })
    service('one', { pid: DEAD })
    expect(find()).toMatchObject({ endpoint: undefined, running: undefined })
  })
})

describe('a folder given by hand', () => {
  it('does not borrow the endpoint of a Marcus that runs elsewhere', () => {
    mkdirSync(join(root, 'other/home/services'), { recursive: true })
    service('one')
    const found = discover({ folder: join(root, 'other'), endpoint: 'auto', base: root })
    expect(found).toMatchObject({ home: join(root, 'other/home'), endpoint: undefined })
  })
})

describe('several Marcuses', () => {
  it('give the one that runs and was started last', () => {
    service('old', { place: 'a', at: '2026-11-26T09:00:00+00:00' })
    service('new', { place: 'b', at: '2026-11-26T11:00:00+00:00' })
    service('dead', { place: 'c', pid: DEAD, at: '2026-11-26T12:00:00+00:00' })
    expect(find()?.logs).toEqual([join(root, 'b/logs')])
  })
})
