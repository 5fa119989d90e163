/**
 * The table between the keys of an envelope's `data` and attribute names: a bijection.
 *
 * `agent_id` ↔ `marcus.agent.id` by the table; any other key ↔ `marcus.<key>`; a key that is empty, has a dot, or whose
 * `marcus.<key>` is somebody else's name ↔ `seneca.data.<key>`.
 */
const table: readonly (readonly [key: string, attribute: string])[] = [
  ['agent_id', 'marcus.agent.id'],
  ['agent_name', 'marcus.agent.name'],
  ['agent_role', 'marcus.agent.role'],
  ['task_id', 'marcus.task.id'],
  ['task_name', 'marcus.task.name'],
  ['parent_id', 'marcus.task.parent.id'],
  ['project_id', 'marcus.project.id'],
  ['project_name', 'marcus.project.name'],
  ['old_project_id', 'marcus.project.old.id'],
  ['decision_id', 'marcus.decision.id'],
]

const attributeOfKey = new Map(table)
const keyOfAttribute = new Map(table.map(([key, attribute]) => [attribute, key]))

const MARCUS = 'marcus.'
const PLAIN = 'seneca.data.'

/** The attribute that carries `data.<key>`. */
export const attributeForDataKey = (key: string): string =>
  attributeOfKey.get(key) ??
  (key === '' || key.includes('.') || keyOfAttribute.has(MARCUS + key) ? PLAIN : MARCUS) + key

/** The key of `data` that an attribute stands for; undefined when it stands for none. */
export const dataKeyForAttribute = (attribute: string): string | undefined => {
  const known = keyOfAttribute.get(attribute)
  if (known !== undefined) return known
  const prefix = attribute.startsWith(MARCUS) ? MARCUS : attribute.startsWith(PLAIN) ? PLAIN : undefined
  if (prefix === undefined) return undefined
  const key = attribute.slice(prefix.length)
  return attributeForDataKey(key) === attribute ? key : undefined
}
