/** The `ot` entry of a W3C tracestate: `ot=th:c;rv:9b8233f7e3a151`. Other entries and other keys stay as they are. */
export interface OtelState {
  readonly threshold: string | undefined
  readonly randomness: string | undefined
}

const PREFIX = 'ot='

const entriesIn = (state: string): readonly string[] =>
  state
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')

const fieldsIn = (state: string): readonly (readonly [string, string])[] =>
  (entriesIn(state).find((entry) => entry.startsWith(PREFIX)) ?? '')
    .slice(PREFIX.length)
    .split(';')
    .filter((field) => field.includes(':'))
    .map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1)])

export const readOtelState = (state: string): OtelState => {
  const fields = new Map(fieldsIn(state))
  return { threshold: fields.get('th'), randomness: fields.get('rv') }
}

/** The tracestate with other values, or without one; the changed entry comes first, as W3C asks. */
export const withOtelState = (state: string, { threshold, randomness }: OtelState): string => {
  const others = fieldsIn(state).filter(([key]) => key !== 'th' && key !== 'rv')
  const own = [
    ...(threshold === undefined ? [] : [`th:${threshold}`]),
    ...(randomness === undefined ? [] : [`rv:${randomness}`]),
    ...others.map(([key, value]) => `${key}:${value}`),
  ]
  const rest = entriesIn(state).filter((entry) => !entry.startsWith(PREFIX))
  return [...(own.length > 0 ? [PREFIX + own.join(';')] : []), ...rest].join(',')
}
