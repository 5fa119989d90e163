import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { createRegistry, didYouMean } from '../config/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { asCalled } from './command-name.ts'
import { exitCode } from './exit-codes.ts'
import { type NewKind, newKinds as kinds, templateFor } from './new-templates.ts'
import { defineVerb } from './verb.ts'

/** The nearest package.json makes `.ts` files CommonJS when it says so; then only `.mts` is a module. */
const extensionFor = (folder: string): string => {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'package.json')
    if (existsSync(file)) {
      try {
        const { type } = JSON.parse(readFileSync(file, 'utf8')) as { readonly type?: string }
        return type === 'module' || type === undefined ? '.ts' : '.mts'
      } catch {
        return '.ts'
      }
    }
    if (dirname(at) === at) return '.ts'
  }
}

const checkedKind = (kind: string | undefined): NewKind => {
  const found = kinds.find((one) => one === kind)
  if (found !== undefined) return found
  const hint = kind === undefined ? undefined : didYouMean(kind, kinds)
  throw new CollectorError(
    'usage',
    `new makes a ${kinds.join(', ')}, not '${kind ?? ''}'; ${hint ?? 'write: seneca-collector new processor NAME'}`,
  )
}

const checkedName = (kind: NewKind, name: string | undefined): string => {
  if (name === undefined)
    throw new CollectorError('usage', `new ${kind} needs a name, such as: seneca-collector new ${kind} scrub`)
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) {
    const better = name
      .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^[_0-9]+|_+$/g, '')
    throw new CollectorError(
      'usage',
      `'${name}' cannot be the type of a plugin: it is lower_snake_case${better === '' ? '' : `, such as '${better}'`}`,
    )
  }
  if (createRegistry().types(kind).includes(name))
    throw new CollectorError('usage', `there is a built-in ${kind} '${name}'; give yours another name`)
  return name
}

export const verb = defineVerb({
  name: 'new',
  summary: 'Write a plugin of your own: one typed file and its test, ready to run.',
  operands: [
    { name: '<kind>', description: kinds.join(', ') },
    { name: '<name>', description: 'its type, lower_snake_case' },
  ],
  options: { dir: { type: 'string', value: 'folder', description: 'where to write (default: here)' } },
  examples: [['new processor scrub', 'writes scrub.ts and scrub.test.ts']],
  async run({ operands, options }, io) {
    const kind = checkedKind(operands[0])
    const name = checkedName(kind, operands[1])
    const folder = resolve(io.cwd, options.dir ?? '.')
    const extension = extensionFor(folder)
    const fix = (text: string): string => text.replaceAll(`./${name}.ts`, `./${name}${extension}`)
    const { plugin, test, yaml } = templateFor(kind, name)
    const files = [
      [join(folder, `${name}${extension}`), plugin],
      [join(folder, `${name}.test${extension}`), fix(test)],
    ] as const
    for (const [file] of files) {
      if (existsSync(file))
        throw new CollectorError('usage', `${relative(io.cwd, file)} is there already; nothing was written`)
    }
    mkdirSync(folder, { recursive: true })
    for (const [file, text] of files) writeFileSync(file, text, { flag: 'wx' })
    const shown = (file: string): string => relative(io.cwd, file)
    const [own, its] = files.map(([file]) => shown(file))
    const text = `wrote ${own} and ${its}

Run the test:    seneca-collector test ${its}
Name it in YAML, for instance as ${name}.yaml:

${fix(yaml).replaceAll(/^(?=.)/gm, '  ')}
and run it:      seneca-collector run --config ${name}.yaml
`
    await io.out(asCalled(text, io.env))
    return exitCode('ok')
  },
})
