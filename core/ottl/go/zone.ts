/** Time zones: a fixed offset or a name of the IANA database, whose offsets the runtime's own tables give. */
export interface Zone {
  /** What `%Z` prints for a fixed zone, or the IANA name. */
  readonly name: string
  readonly offset: (epochSeconds: number) => { readonly seconds: number; readonly abbreviation: string }
}

export const fixedZone = (seconds: number, name = ''): Zone => ({
  name,
  offset: () => ({ seconds, abbreviation: name }),
})

const formatters = (name: string) => {
  const shared = { timeZone: name, hourCycle: 'h23' } as const
  return {
    offset: new Intl.DateTimeFormat('en-US', { ...shared, timeZoneName: 'longOffset' }),
    // Each region spells only the abbreviations of its own neighbourhood.
    short: ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA'].map(
      (locale) => new Intl.DateTimeFormat(locale, { ...shared, timeZoneName: 'short' }),
    ),
  }
}

const zonePart = (format: Intl.DateTimeFormat, at: Date): string =>
  format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? ''

/** `+0545`; the database calls zones without letters so, and leaves out minutes that are none. */
const numeric = (seconds: number): string => {
  const minutes = Math.floor(Math.abs(seconds) / 60)
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'))
  return `${seconds < 0 ? '-' : '+'}${hour}${minute === '00' ? '' : minute}`
}

const abbreviationOf = (formats: readonly Intl.DateTimeFormat[], at: Date, seconds: number): string => {
  const names = formats.map((format) => zonePart(format, at))
  return names.find((name) => !/^(?:GMT|UTC)[+-]/.test(name)) ?? numeric(seconds)
}

/** The runtime takes names in any case, the database is a folder of files. */
const isSpelled = (name: string): boolean => {
  const known = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  if (known.toLowerCase() === name.toLowerCase()) return known === name
  return name.split('/').every((part) => /^[A-Z]/.test(part))
}

/** Abbreviations that the runtime takes for zones although the database has no such names. */
const noZones: ReadonlySet<string> = new Set(
  'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST'.split(' '),
)

const CACHE_MAX = 1_024
const DATE_SECONDS_MAX = 8.64e12

/** `undefined` when there is no such zone. */
export const loadZone = (name: string): Zone | undefined => {
  if (name === '' || name === 'UTC' || noZones.has(name) || /^[+-]/.test(name)) return undefined
  const format = (() => {
    try {
      return isSpelled(name) ? formatters(name) : undefined
    } catch {
      return undefined
    }
  })()
  if (format === undefined) return undefined
  const known = new Map<number, { readonly seconds: number; readonly abbreviation: string }>()
  const offset = (epochSeconds: number) => {
    // Offsets change on quarter hours, so one look-up a quarter hour is enough.
    const quarter = Math.floor(Math.max(-DATE_SECONDS_MAX, Math.min(DATE_SECONDS_MAX, epochSeconds)) / 900)
    let found = known.get(quarter)
    if (found === undefined) {
      const at = new Date(quarter * 900_000)
      const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?/.exec(zonePart(format.offset, at))
      const size =
        match?.[1] === undefined ? 0 : Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)
      const seconds = match?.[1] === '-' ? -size : size
      found = { seconds, abbreviation: abbreviationOf(format.short, at, seconds) }
      if (known.size >= CACHE_MAX) known.clear()
      known.set(quarter, found)
    }
    return found
  }
  return { name, offset }
}
