import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { StorageFace } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import fileStorage from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'seneca-file-storage-'))
afterEach(() => rmSync(join(folder, 'state'), { recursive: true, force: true }))

const faceOf = (component: { readonly face?: unknown }): StorageFace => component.face as StorageFace

describe('file_storage', () => {
  const checks = conformance(fileStorage, {
    folder: import.meta.dirname,
    prepare: (options) => ({
      options: { ...(options as object), directory: 'state', create_directory: true },
      environment: { folder },
    }),
  })
  for (const check of checks) it(check.name, check.run)

  it('keeps what a component committed over a restart', async () => {
    const first = await harness(fileStorage, { directory: 'state', create_directory: true }, { folder })
    await faceOf(first.component)
      .store('receiver/file_log')
      .commit([['offset', Buffer.from('7')]])
    await first.stop()
    const second = await harness(fileStorage, { directory: 'state' }, { folder })
    expect(Buffer.from(faceOf(second.component).store('receiver/file_log').get('offset') ?? []).toString()).toBe('7')
    await second.stop()
  })

  it('refuses a folder that is not there, and says what to do', async () => {
    await expect(harness(fileStorage, { directory: 'nowhere' }, { folder })).rejects.toThrow(
      `${join(folder, 'nowhere')} is no folder`,
    )
  })

  it('says that damaged state was moved aside', async () => {
    const first = await harness(fileStorage, { directory: 'state', create_directory: true }, { folder })
    await first.stop()
    writeFileSync(join(folder, 'state', 'state.db'), 'garbage'.repeat(1000))
    const second = await harness(fileStorage, { directory: 'state', fsync: false }, { folder })
    expect(second.logs[0]?.message).toContain('moved aside')
    expect(second.inspect()).toMatchObject({ sync: 'none', moved_aside: join(folder, 'state', 'state.db.damaged-1') })
    await second.stop()
  })

  it('does not take sync and fsync at once', async () => {
    await expect(
      harness(fileStorage, { directory: 'x', create_directory: true, sync: 'none', fsync: true }, { folder }),
    ).rejects.toThrow('keep `sync`')
  })
})
