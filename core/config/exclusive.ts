/** What two components cannot both have: an address to listen on, a file to write. Told before one of them fails to start. */
import { resolve } from 'node:path'
import type { JsonSchema } from '../kit/schema.ts'
import { sectionOf, type Declared } from './components.ts'
import { optionName } from './expect.ts'
import { locate } from './node.ts'
import type { Problems } from './problems.ts'
import type { ComponentConfig } from './types.ts'

interface Claim {
  readonly component: ComponentConfig
  readonly declared: Declared
  readonly path: readonly string[]
  readonly shown: string
  /** Claims with a key in common cannot both be had. */
  readonly keys: readonly string[]
}

const EVERY_HOST: ReadonlySet<string> = new Set(['', '0.0.0.0', '::', '[::]'])

const addressKeys = (text: string): readonly string[] => {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(text) ?? []
  if (port === '' || Number(port) === 0) return []
  if (EVERY_HOST.has(host)) return [`:${port}`, `*:${port}`]
  return [`${host === 'localhost' ? '127.0.0.1' : host}:${port}`, `*:${port}`]
}

const claimsIn = (
  schema: JsonSchema,
  value: unknown,
  path: readonly string[],
): (readonly [path: readonly string[], kind: 'address' | 'file', text: string])[] => {
  if (schema.exclusive !== undefined && typeof value === 'string') return [[path, schema.exclusive, value]]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) =>
    claimsIn(property, (value as Readonly<Record<string, unknown>>)[key], [...path, key]),
  )
}

/** An address on every host meets any other with its port; two hosts meet only when they are the same. */
const meet = (a: Claim, b: Claim): boolean => {
  const [first = '', port = ''] = a.keys
  const [second = '', otherPort = ''] = b.keys
  if (first === second) return first !== ''
  return port !== '' && port === otherPort && (first.startsWith(':') || second.startsWith(':'))
}

export const checkExclusive = (
  declared: readonly Declared[],
  components: ReadonlyMap<string, ComponentConfig>,
  folder: string,
  problems: Problems,
): void => {
  const claims: Claim[] = []
  for (const one of declared) {
    const component = components.get(`${one.kind}/${one.id}`)
    if (component === undefined || one.definition === undefined) continue
    for (const [path, kind, text] of claimsIn(one.definition.schema, component.options, [])) {
      const keys = kind === 'address' ? addressKeys(text) : [resolve(folder, text)]
      const claim: Claim = { component, declared: one, path, shown: text, keys }
      const other = claims.find((earlier) => meet(earlier, claim))
      claims.push(claim)
      if (other === undefined) continue
      const { node, keySpan, whole } = locate(one.entry.value, path)
      problems.add({
        message: `'${optionName(path)}' of ${one.kind} '${one.id}' is ${text}, which ${other.component.kind} '${other.component.id}' has already`,
        span: whole ? node.span : (keySpan ?? one.entry.keySpan),
        path: [sectionOf(one.kind), one.id, ...path],
        suggestion: kind === 'address' ? 'give one of them another port' : 'give one of them another file',
      })
    }
  }
}
