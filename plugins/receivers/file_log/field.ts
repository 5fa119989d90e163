/** Fields as OpenTelemetry's operators name them: `body`, `body.a.b`, `attributes["a.b"]`, `resource.x`. */
import { Double, type Value } from 'seneca-collector'

export interface Field {
  readonly text: string
  readonly path: readonly string[]
  /** The whole of the attributes or the resource: setting a map there merges it. */
  readonly isMap: boolean
}

const roots: Readonly<Record<string, readonly string[]>> = {
  body: ['body'],
  attributes: ['attributes'],
  resource: ['resource', 'attributes'],
}

const STEP = /\.([^.[\]"]+)|\[\s*(?:"([^"]*)"|'([^']*)')\s*\]/y

export const parseField = (text: string): Field | undefined => {
  const root = /^\$?([a-z]+)/.exec(text)
  const start = roots[root?.[1] ?? '']
  if (root === null || start === undefined) return undefined
  const keys: string[] = []
  STEP.lastIndex = root[0].length
  while (STEP.lastIndex < text.length) {
    const step = STEP.exec(text)
    if (step === null) return undefined
    keys.push(step[1] ?? step[2] ?? step[3] ?? '')
  }
  return { text, path: [...start, ...keys], isMap: keys.length === 0 && start[0] !== 'body' }
}

/** A scalar as a person would write it; undefined for what has no such form. */
export const scalarText = (value: Value | undefined): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' || value instanceof Double
      ? String(value.valueOf())
      : undefined
