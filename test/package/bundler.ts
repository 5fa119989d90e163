/**
 * Makes the bundle of `core/bundle.ts` with rolldown: one entry for the command line and one for each public subpath, so
 * that plugins from outside get the very modules that run; everything that several need stands once, in chunks of its own.
 *
 * - `import.meta` of a module keeps meaning the file it came from: workers, data and the version are found from there.
 * - Node's own modules are taken with `process.getBuiltinModule`: an import makes an ES module of each, which evaluates
 *   every getter of `node:fs` or `node:http` and loads what stands behind it.
 */
import { hash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { rolldown, type Plugin } from 'rolldown'
import { parseAst } from 'rolldown/parseAst'
import type { Input } from '../../core/bundle.ts'

/** Of the packages, only these are copied in: they are many small files which every start reads. */
const inlined = ['yaml', 'commander']
/** It says what 'seneca-collector' means to plugins, which is the bundle's own package. */
const STAYS = 'register-imports'

interface Span {
  readonly start: number
  readonly end: number
}
type Syntax = Span & { readonly type: string; readonly [key: string]: unknown }

const isSyntax = (value: unknown): value is Syntax => typeof value === 'object' && value !== null && 'type' in value

const walk = (node: unknown, visit: (node: Syntax) => void): void => {
  if (Array.isArray(node)) for (const one of node) walk(one, visit)
  if (!isSyntax(node)) return
  visit(node)
  for (const value of Object.values(node)) walk(value, visit)
}

const replaced = (code: string, changes: readonly (Span & { readonly text: string })[]): string => {
  let [text, at] = ['', 0]
  for (const change of [...changes].sort((a, b) => a.start - b.start)) {
    text += code.slice(at, change.start) + change.text
    at = change.end
  }
  return text + code.slice(at)
}

const posix = (path: string): string => path.split(sep).join('/')

/** What `import.meta.<name>` of the file says, worked out from the bundle's folder. */
const position = (name: string, file: string, out: string): string | undefined => {
  const at = (path: string): string => `new URL(${JSON.stringify(posix(relative(out, path)))}, import.meta.url)`
  const path = (url: string): string => `process.getBuiltinModule('node:url').fileURLToPath(${url})`
  if (name === 'url') return `${at(file)}.href`
  if (name === 'filename') return path(at(file))
  if (name === 'dirname') return path(at(dirname(file)))
  return undefined
}

const keepPositions = (out: string): Plugin => ({
  name: 'keep-positions',
  transform(code, id) {
    if (id.includes('node_modules') || id.includes(STAYS) || !code.includes('import.meta.')) return null
    const changes: (Span & { text: string })[] = []
    walk(parseAst(code, { lang: id.endsWith('.ts') ? 'ts' : 'js' }), (node) => {
      if (node.type !== 'MemberExpression' || !isSyntax(node['object']) || node['object'].type !== 'MetaProperty')
        return
      const text = position((node['property'] as { readonly name: string }).name, id, out)
      if (text !== undefined) changes.push({ start: node.start, end: node.end, text })
    })
    return { code: replaced(code, changes), map: null }
  },
})

interface Named {
  readonly name: string
}

/** `import { a as b } from 'node:x'` as a destructuring of the module. */
const builtinsOf = (specifiers: readonly Syntax[], from: string): string => {
  const module = `process.getBuiltinModule(${JSON.stringify(from)})`
  const whole = specifiers.filter(({ type }) => type !== 'ImportSpecifier')
  const named = specifiers.filter(({ type }) => type === 'ImportSpecifier')
  const members = named.map(({ imported, local }) => `${(imported as Named).name}: ${(local as Named).name}`)
  const lines = whole.map(({ local }) => `const ${(local as Named).name} = ${module};`)
  if (members.length > 0) lines.push(`const { ${members.join(', ')} } = ${module};`)
  return lines.join(' ')
}

const builtinsWithoutImports: Plugin = {
  name: 'builtins-without-imports',
  renderChunk(code) {
    const changes: (Span & { text: string })[] = []
    for (const node of parseAst(code).body as unknown as readonly Syntax[]) {
      const from = (node['source'] as { readonly value: string } | null | undefined)?.value
      if (node.type !== 'ImportDeclaration' || !from?.startsWith('node:')) continue
      changes.push({ start: node.start, end: node.end, text: builtinsOf(node['specifiers'] as Syntax[], from) })
    }
    return { code: replaced(code, changes), map: null }
  },
}

/** Where what every collector needs begins: the verb `run`, and what it imports later whatever the configuration. */
const everyStart = [
  'cli/run',
  'cli/host',
  'cli/load',
  'cli/watch-files',
  'engine/loader',
  'engine/index',
  'telemetry/own-telemetry',
]

/** All that is imported from there goes into one file, which is loaded in less time than forty small ones. */
const gatherStart = (root: string, gathered: Set<string>): Plugin => ({
  name: 'gather-start',
  buildEnd() {
    const add = (id: string): void => {
      if (gathered.has(id)) return
      gathered.add(id)
      for (const one of this.getModuleInfo(id)?.importedIds ?? []) add(one)
    }
    for (const name of everyStart) {
      const id = ['.ts', '.js'].map((end) => join(root, 'core', name + end)).find((path) => this.getModuleInfo(path))
      if (id === undefined) this.error(`core/${name} is no more; everyStart in test/package/bundler.ts names it`)
      add(id)
    }
  },
})

const inputOf = (root: string, path: string): Input => {
  const { size, mtimeMs } = statSync(path)
  return { path: posix(relative(root, path)), bytes: size, mtimeMs, sha256: hash('sha256', readFileSync(path)) }
}

/** Notes what each file is just before the bundler reads it, so that an edit in between makes the bundle stale, never wrong. */
const watchInputs = (root: string, inputs: Map<string, Input>): Plugin => ({
  name: 'watch-inputs',
  load(id) {
    if (id.startsWith(root) && !id.includes('node_modules')) inputs.set(id, inputOf(root, id))
    return null
  },
})

/** What else a bundle follows from: the public subpaths, the versions of packages, and how it is made. */
const beside = [
  'package.json',
  'package-lock.json',
  ...['bundle', 'bundle-package', 'bundler'].map((name) => `test/package/${name}.ts`),
]

interface Package {
  readonly exports: Readonly<Record<string, string>>
}

export interface Made {
  /** The main file, below the folder. */
  readonly main: string
  /** The project's own files in it. */
  readonly inputs: readonly Input[]
  /** For the `package.json` beside the files, which is what 'seneca-collector' means to plugins from outside. */
  readonly exports: Readonly<Record<string, string>>
  /** Of the packages that were copied in. */
  readonly licences: string
}

/** Bundles `core` and `plugins` of `root` (sources, or what `tsc` made of them) into `out`; `main` is the command line's file. */
export const bundle = async (root: string, out: string, main: string): Promise<Made> => {
  const source = main.endsWith('.ts')
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package
  const subpaths = Object.entries(manifest.exports).map(([name, target]) => ({
    name,
    entry: name === '.' ? 'kit' : name.slice(2),
    path: join(root, source ? target : (target as unknown as { readonly default: string }).default),
  }))
  const alias = subpaths.map(({ name, path }) => [
    name === '.' ? 'seneca-collector$' : `seneca-collector${name.slice(1)}`,
    path,
  ])
  const gathered = new Set<string>()
  const inputs = new Map<string, Input>()
  if (source) for (const path of beside) inputs.set(path, inputOf(root, join(root, path)))
  const build = await rolldown({
    input: { main, ...Object.fromEntries(subpaths.map(({ entry, path }) => [entry, path])) },
    cwd: root,
    platform: 'node',
    checks: { ineffectiveDynamicImport: false, pluginTimings: false },
    external: (id) =>
      /^[@a-z]/.test(id) &&
      !id.startsWith('seneca-collector') &&
      !inlined.some((name) => id === name || id.startsWith(`${name}/`)),
    // Of ours, only what stays is imported for its effect.
    treeshake: { moduleSideEffects: (id) => id.includes(STAYS) || id.includes('node_modules') },
    resolve: { alias: Object.fromEntries(alias) as Record<string, string> },
    plugins: [watchInputs(root, inputs), keepPositions(out), builtinsWithoutImports, gatherStart(root, gathered)],
  })
  await build.write({
    dir: out,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    comments: false,
    keepNames: true,
    codeSplitting: {
      groups: [
        { name: 'start', test: (id) => gathered.has(id) },
        // OTLP over HTTP speaks of gRPC's codes, and must not load node:http2 for it.
        { name: 'codes', test: /core\/(grpc|http\/http2)\/codes\./ },
      ],
    },
    sourcemap: true,
  })
  await build.close()
  return {
    main: 'main.js',
    inputs: source ? [...inputs.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1)) : [],
    exports: Object.fromEntries(subpaths.map(({ name, entry }) => [name, `./${entry}.js`])),
    licences: inlined
      .map(
        (name) =>
          `${name}\n\n${readFileSync(join(dirname(dirname(import.meta.dirname)), 'node_modules', name, 'LICENSE'), 'utf8')}`,
      )
      .join('\n\n'),
  }
}
