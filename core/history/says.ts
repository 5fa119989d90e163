/** Whether a text stands in a stored line. */

const inside = (value: unknown, text: string): boolean => {
  if (typeof value === 'string') return value.includes(text)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, inner]) => key.includes(text) || inside(inner, text))
}

/** As it is stored; and as it is meant, where JSON writes something else: `\"`, `\n`, Python's `\u00e9`. */
export const says = (line: string, text: string): boolean => {
  if (line.includes(text)) return true
  if (!line.includes('\\')) return false
  try {
    return inside(JSON.parse(line), text)
  } catch {
    return false
  }
}
