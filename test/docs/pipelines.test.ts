import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { root } from '../architecture/sources.ts'
import { validateText } from './validate-text.ts'

const folder = mkdtempSync(join(tmpdir(), 'seneca-pipelines-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const shipped = [
  'collector.yaml',
  ...readdirSync(join(root, 'pipelines'))
    .filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))
    .map((name) => `pipelines/${name}`),
]

describe('the shipped configurations', () => {
  it.each(shipped)('%s is valid', async (path) => {
    const yaml = readFileSync(join(root, path), 'utf8').replaceAll(
      '${env:SLACK_WEBHOOK_URL}',
      'https://hooks.example.org/x',
    )
    expect(await validateText(yaml, folder)).toEqual([])
  })

  it.each(shipped)('%s says in its first lines what it is for and how to run it', (path) => {
    expect(readFileSync(join(root, path), 'utf8')).toMatch(/^#.*\n(?:#.*\n)*#.*(seneca-collector run|npm start)/)
  })
})
