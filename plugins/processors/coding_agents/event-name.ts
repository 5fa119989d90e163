/**
 * The name of an event, in this order:
 *
 *   1. the record's `event_name`, when it has a dot (`claude_code.tool_result`)
 *   2. the attribute `event.name`; a short one gets the agent's prefix (`tool_result` → `claude_code.tool_result`)
 *   3. the body, when it is such a name and nothing else
 *   4. a short `event_name`, with the agent's prefix
 */
import type { Profile } from './profiles.ts'

const NAME = /^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+$/

const full = (name: string, { prefix }: Profile): string => (name.includes('.') ? name : prefix + name)

export const resolveName = (
  profile: Profile,
  given: { readonly field: string; readonly attribute: string; readonly body: string },
): string => {
  const { field, attribute, body } = given
  if (field.includes('.')) return field
  if (attribute !== '') return full(attribute, profile)
  if (NAME.test(body) && body.startsWith(profile.prefix)) return body
  return field === '' ? '' : full(field, profile)
}
