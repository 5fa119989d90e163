/** Which options of two configurations of one component differ, as dotted paths; secrets are compared, never shown. */
import { Secret } from '../kit/secret.ts'

/** More than these are not told. */
const PATHS_MOST = 20

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

const walk = (a: unknown, b: unknown, path: string, found: string[]): void => {
  if (Object.is(a, b) || found.length >= PATHS_MOST) return
  if (isMap(a) && isMap(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      walk(a[key], b[key], path === '' ? key : `${path}.${key}`, found)
    return
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    for (const [index, item] of a.entries()) walk(item, b[index], `${path}.${index}`, found)
    return
  }
  if (a instanceof Secret && b instanceof Secret && a.reveal() === b.reveal()) return
  if (a instanceof RegExp && b instanceof RegExp && String(a) === String(b)) return
  if (a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0) return
  found.push(path)
}

/** Empty when they are the same. */
export const differences = (a: unknown, b: unknown): readonly string[] => {
  const found: string[] = []
  walk(a, b, '', found)
  return found
}
