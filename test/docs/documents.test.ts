import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../architecture/sources.ts'
import { generatedDocuments, loadBuiltIns, readmeOf } from './generated.ts'

const markdown = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))

describe('the documentation', () => {
  it('has its generated parts in step with the code (else run "npm run docs")', async () => {
    const late = (await generatedDocuments()).filter((document) => document.text !== document.present)
    expect(late.map((document) => document.path)).toEqual([])
  })

  it('describes every option of every plugin', async () => {
    const silent = (await loadBuiltIns()).flatMap((definition) =>
      Object.entries(definition.schema.properties ?? {})
        .filter(([, property]) => !property.description)
        .map(([key]) => `${definition.kind} ${definition.type}: ${key}`),
    )
    expect(silent).toEqual([])
  })

  it('opens every plugin README with its summary and shows it in YAML', async () => {
    const poor = (await loadBuiltIns()).filter((definition) => {
      const text = readFileSync(readmeOf(definition), 'utf8')
      return !text.includes(definition.summary.replace(/\.$/, '')) || !text.includes('```yaml')
    })
    expect(poor.map((definition) => readmeOf(definition))).toEqual([])
  })

  it('links only to files that are there', () => {
    const broken = ['README.md', ...markdown('docs'), ...markdown('plugins')].flatMap((path) => {
      const folder = join(root, path, '..')
      return [...readFileSync(join(root, path), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .filter((match) => {
          try {
            readFileSync(join(folder, match[1] ?? ''))
            return false
          } catch (error) {
            return (error as NodeJS.ErrnoException).code !== 'EISDIR'
          }
        })
        .map((match) => `${path} → ${match[1]}`)
    })
    expect(broken).toEqual([])
  })
})
