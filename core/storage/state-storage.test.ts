import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openStateStorage, type StateStorage } from './state-storage.ts'

const folders: string[] = []
const open: StateStorage[] = []
const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'seneca-state-'))
  folders.push(path)
  return path
}
const start = (directory: string): StateStorage => {
  const storage = openStateStorage({ directory, sync: 'commit' })
  open.push(storage)
  return storage
}
afterEach(() => {
  for (const storage of open.splice(0)) storage.close()
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})
const bytes = (text: string): Uint8Array => Buffer.from(text)
const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString()

describe('state storage', () => {
  it('keeps what was committed over a restart, each component by itself', async () => {
    const directory = folder()
    const first = start(directory)
    await Promise.all([
      first.scoped('file_log/a').commit([['offset', bytes('12')]]),
      first.scoped('file_log/b').commit([['offset', bytes('99')]]),
    ])
    open.pop()?.close()
    const second = start(directory)
    expect(text(second.scoped('file_log/a').get('offset'))).toBe('12')
    expect(text(second.scoped('file_log/b').get('offset'))).toBe('99')
    expect(second.scoped('file_log/c').get('offset')).toBeUndefined()
  })

  it('shows a change to its own store before it is written, and lists by prefix in order', async () => {
    const store = start(folder()).scoped('x')
    await store.commit([
      ['p/b', bytes('1')],
      ['p/a', bytes('2')],
      ['q', bytes('3')],
    ])
    const committing = store.commit([
      ['p/c', bytes('4')],
      ['p/b', undefined],
    ])
    expect([...store.entries('p/')].map(([key, value]) => [key, text(value)])).toEqual([
      ['p/a', '2'],
      ['p/c', '4'],
    ])
    expect(store.get('p/b')).toBeUndefined()
    await committing
    expect([...store.entries()].map(([key]) => key)).toEqual(['p/a', 'p/c', 'q'])
  })

  it('rejects a commit that cannot be written, and keeps what was there', async () => {
    const store = start(folder()).scoped('x')
    await store.commit([['kept', bytes('1')]])
    const unwritable = { slice: () => Symbol('no bytes') } as unknown as Uint8Array
    await expect(
      store.commit([
        ['a', bytes('2')],
        ['b', unwritable],
      ]),
    ).rejects.toMatchObject({ code: 'storage_failed', retryable: true })
    expect([...store.entries()].map(([key]) => key)).toEqual(['kept'])
  })

  it('belongs to one process, and names the other', () => {
    const directory = folder()
    start(directory)
    const script = `import { openStateStorage } from ${JSON.stringify(join(import.meta.dirname, 'state-storage.ts'))}
      try { openStateStorage({ directory: ${JSON.stringify(directory)}, sync: 'none' }) } catch (error) { console.log(error.code + ': ' + error.message) }`
    const said = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], { encoding: 'utf8' })
    expect(said.trim()).toBe(
      `storage_locked: ${directory} is in use by process ${process.pid}; stop it, or give this one a folder of its own with --data-dir`,
    )
  })

  it('starts over a damaged file, which it moves aside', async () => {
    const directory = folder()
    writeFileSync(
      join(directory, 'state.db'),
      'this is no database, not at all, but it is long enough to be one'.repeat(100),
    )
    const storage = start(directory)
    expect(storage.movedAside).toBe(join(directory, 'state.db.damaged-1'))
    await storage.scoped('x').commit([['k', bytes('v')]])
    expect(text(storage.scoped('x').get('k'))).toBe('v')
    expect(readdirSync(directory)).toContain('state.db.damaged-1')
  })

  it('starts over a file of a format that SQLite does not know', async () => {
    const directory = folder()
    const first = start(directory)
    await first.scoped('x').commit([['k', bytes('v')]])
    first.close()
    const file = join(directory, 'state.db')
    const whole = readFileSync(file)
    whole[47] = 9
    writeFileSync(file, whole)
    expect(start(directory).movedAside).toBe(`${file}.damaged-1`)
  })
})
