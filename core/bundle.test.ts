import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freshBundle, MANIFEST, type Manifest } from './bundle.ts'

let root: string
const source = 'export const answer = 42\n'

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'seneca-bundle-'))
  mkdirSync(join(root, 'made'))
  writeFileSync(join(root, 'answer.ts'), source)
  writeFileSync(join(root, 'made/main.js'), '')
  const { size, mtimeMs } = statSync(join(root, 'answer.ts'))
  const manifest: Manifest = {
    main: 'main.js',
    inputs: [{ path: 'answer.ts', bytes: size, mtimeMs, sha256: hash('sha256', source) }],
  }
  writeFileSync(join(root, 'made', MANIFEST), JSON.stringify(manifest))
})
afterEach(() => rmSync(root, { recursive: true }))

describe('a bundle', () => {
  it('is used while its sources are as they were', () => {
    expect(freshBundle(root, 'made')).toBe(pathToFileURL(join(root, 'made/main.js')).href)
  })

  it('is used when a source was only touched, as a copy or a clone does', () => {
    utimesSync(join(root, 'answer.ts'), 1, 1)
    expect(freshBundle(root, 'made')).toBeDefined()
  })

  it('is not used once a source was edited, even to the same length', () => {
    writeFileSync(join(root, 'answer.ts'), source.replace('42', '43'))
    utimesSync(join(root, 'answer.ts'), 1, 1)
    expect(freshBundle(root, 'made')).toBeUndefined()
    writeFileSync(join(root, 'answer.ts'), `${source}\n`)
    expect(freshBundle(root, 'made')).toBeUndefined()
  })

  it('is not used when a source is gone, when it is not whole, and when there is none', () => {
    rmSync(join(root, 'made/main.js'))
    expect(freshBundle(root, 'made')).toBeUndefined()
    writeFileSync(join(root, 'made/main.js'), '')
    rmSync(join(root, 'answer.ts'))
    expect(freshBundle(root, 'made')).toBeUndefined()
    writeFileSync(join(root, 'made', MANIFEST), '{ "main": "ma')
    expect(freshBundle(root, 'made')).toBeUndefined()
    expect(freshBundle(root, 'elsewhere')).toBeUndefined()
  })
})
