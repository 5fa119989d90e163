/**
 * What does not leave without `include_content`: prompts, instructions and keys by the names they go under, and the name
 * of a home folder inside any text. A first sieve for strangers' answers; the redact processor does the rest.
 */
import type { Value, ValueMap } from 'seneca-collector'

const REDACTED = '[REDACTED]'
const NAMES =
  /^(?:.*_)?(?:prompts?|instructions?|system_prompt|api_?keys?|secrets?|tokens?|access_token|refresh_token|passwords?|authorization|credentials?|private_key)$/i
/** Counts such as `tokens: 17` are no secrets. */
const isSecret = (name: string, value: Value): boolean =>
  NAMES.test(name) && (typeof value === 'string' ? value !== '' : typeof value === 'object' && value !== null)
const HOME = /(^|[\s"'`(=:,[])(?:\/home\/[^/\s"'`:]+|\/Users\/[^/\s"'`:]+|\/root)(?=[/\s"'`:)\],]|$)/g

const isMap = (value: Value): value is ValueMap =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  [null, Object.prototype].includes(Object.getPrototypeOf(value) as null)

export const withoutContent = (value: Value): Value => {
  if (typeof value === 'string') return value.replace(HOME, '$1~')
  if (Array.isArray(value)) return value.map((item) => withoutContent(item as Value))
  if (!isMap(value)) return value
  const clean: Record<string, Value> = Object.create(null) as Record<string, Value>
  for (const [name, member] of Object.entries(value))
    clean[name] = isSecret(name, member) ? REDACTED : withoutContent(member)
  return clean
}
