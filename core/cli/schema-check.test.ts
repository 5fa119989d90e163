import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
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
  const io = { cwd, out: (text: string) => void (out += text) } as unknown as Io
  const code = await checkSchema(names, { compatibility: 'full', schemas: [], json: false, ...options }, io)
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

it('refuses a schema that is wrong in itself', async () => {
  const folder = folderWith({ 'old.json': old, 'new.json': { ...old, type: 'nonsense' } })
  await expect(check(folder, ['old.json', 'new.json'])).rejects.toThrow('is wrong')
})
