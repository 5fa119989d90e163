/**
 * Whether the prefix of an element stands for anything: declared on it or around it, or the address of a namespace that
 * was named anywhere before, which the reference (xmlquery) does not tell from it.
 */
import { Failure } from '../values.ts'
import type { Attribute } from './node.ts'

const DECLARATION = 'xmlns:'

export interface Namespaces {
  /** Throws a Failure for a prefix that stands for nothing. */
  open(prefix: string, attributes: readonly Attribute[]): void
  close(): void
}

export const createNamespaces = (): Namespaces => {
  const addresses = new Set<string>()
  /** How many elements that are open declare it. */
  const bound = new Map<string, number>([['xml', 1]])
  const declared: (readonly string[])[] = []
  const count = (prefixes: readonly string[], by: number): void => {
    for (const prefix of prefixes) bound.set(prefix, (bound.get(prefix) ?? 0) + by)
  }
  return {
    open(prefix, attributes) {
      const here: string[] = []
      for (const { name, value } of attributes) {
        const isDeclaration = name.startsWith(DECLARATION)
        if (isDeclaration) here.push(name.slice(DECLARATION.length))
        if (isDeclaration || name === 'xmlns') addresses.add(value)
      }
      declared.push(here)
      count(here, 1)
      if (prefix !== '' && !bound.get(prefix) && !addresses.has(prefix))
        throw new Failure(`not XML: the namespace ${prefix} is not declared`)
    },
    close: () => count(declared.pop() ?? [], -1),
  }
}
