/**
 * Loads what `plugins:` names: a file beside the configuration (`./scrub.ts`, no build, no install) or a package found
 * from there. The default export is one definition, or a list of them. What goes wrong is a sentence that says what to do.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CollectorError } from '../kit/errors.ts'

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs']

const isFile = (reference: string): boolean =>
  /^(\.{0,2}\/|[a-zA-Z]:[\\/]|\.{1,2}$)/.test(reference) || EXTENSIONS.includes(extname(reference))

const fail = (message: string, cause?: unknown): CollectorError =>
  new CollectorError('plugin_invalid', message, cause === undefined ? {} : { cause })

/** The nearest package.json above, when it makes `.ts` and `.js` files CommonJS. */
const commonJsPackage = (file: string): string | undefined => {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const path = join(folder, 'package.json')
    if (existsSync(path)) {
      try {
        return (JSON.parse(readFileSync(path, 'utf8')) as { readonly type?: string }).type === 'commonjs'
          ? path
          : undefined
      } catch {
        return undefined
      }
    }
    if (dirname(folder) === folder) return undefined
  }
}

const locate = (reference: string, folder: string): string => {
  const file = resolve(folder, reference)
  if (existsSync(file) && statSync(file).isFile()) return file
  if (existsSync(file)) throw fail(`${file} is a folder; name the file in it`)
  const other = EXTENSIONS.map((extension) => file.replace(/\.[cm]?[jt]s$/, '') + extension).find((path) =>
    existsSync(path),
  )
  throw fail(`there is no file ${file}${other === undefined ? '' : `, but there is ${other}`}`)
}

const missingModule = (message: string): string | undefined =>
  /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1]

/** Node's words for what people get wrong, in ours. */
const explain = (error: unknown, reference: string): string => {
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: String(error) }
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return `it uses TypeScript that Node cannot run by leaving types out (${message.split('\n')[0]}); write consts for enums, and fields for parameter properties`
  }
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING')
    return 'Node runs no TypeScript from node_modules; publish the package as JavaScript'
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const missing = missingModule(message)
    if (missing === reference)
      return `no package '${reference}' is installed beside the configuration; run: npm install ${reference}`
    if (missing !== undefined && !missing.startsWith('/'))
      return `it imports '${missing}', which is not installed; run: npm install ${missing}`
  }
  return message.split('\n')[0] ?? message
}

/** A file that changed since it was loaded is loaded anew. */
const versions = new Map<string, number>()
const FILES_MOST = 1000

const specifierOf = async (reference: string, folder: string): Promise<string> => {
  // Hooks slow every import down: they are there from the first plugin on.
  const { packageSpecifier } = await import('./register-imports.ts')
  if (!isFile(reference)) return packageSpecifier(reference, folder)
  const file = locate(reference, folder)
  const commonJs = ['.ts', '.js'].includes(extname(file)) ? commonJsPackage(file) : undefined
  if (commonJs !== undefined) {
    throw fail(
      `${commonJs} says "type": "commonjs", so Node does not take ${reference} for a module; write "type": "module" there, or name the file ${reference.replace(/\.([jt]s)$/, '.m$1')}`,
    )
  }
  const { href } = pathToFileURL(file)
  const { mtimeMs } = statSync(file)
  const first = versions.get(href) ?? mtimeMs
  if (versions.size < FILES_MOST) versions.set(href, first)
  return first === mtimeMs ? href : `${href}?changed=${mtimeMs}`
}

/** What the plugin exports by default; whether it is a definition is for the caller to see. */
export const loadPlugin = async (reference: string, folder: string): Promise<unknown> => {
  const specifier = await specifierOf(reference, folder)
  try {
    const module = (await import(specifier)) as { readonly default?: unknown }
    return module.default
  } catch (error) {
    throw fail(explain(error, reference), error)
  }
}
