/** The project's own sources and the imports they hold, read as text. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface Source {
  /** Path from the root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly lines: number
  /** Paths from the root, or package names. */
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[]
}

const walk = (folder: string): string[] =>
  readdirSync(join(root, folder)).flatMap((name) => {
    if (name === 'node_modules' || name === 'dist' || name === 'fixtures' || name === 'testdata') return []
    const path = `${folder}/${name}`
    if (statSync(join(root, path)).isDirectory()) return walk(path)
    return name.endsWith('.ts') ? [path] : []
  })

const importPattern = /^(?:import|export)\s+(type\s+)?(?:[^'"]*?from\s+)?'([^']+)'|import\('([^']+)'\)/gm

const importsOf = (path: string, text: string): Source['imports'] =>
  [...text.matchAll(importPattern)].map((match) => {
    const specifier = match[2] ?? match[3] ?? ''
    const target = specifier.startsWith('.')
      ? relative(root, normalize(join(root, dirname(path), specifier)))
      : specifier
    return { target, typeOnly: match[1] !== undefined }
  })

export const sources = (...folders: readonly string[]): readonly Source[] =>
  folders.flatMap(walk).map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return { path, text, lines: text.split('\n').length - 1, imports: importsOf(path, text) }
  })

export const isTest = (source: Source): boolean => source.path.endsWith('.test.ts')
