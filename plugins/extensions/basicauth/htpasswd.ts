/**
 * htpasswd: `name:hash` a line, as Apache's htpasswd writes it. Hashes: bcrypt (`$2a$`, `$2b$`, `$2y$`), Apache's MD5
 * (`$apr1$`), `{SHA}`, `{SSHA}` and plain text. A hash of another form is a mistake, not plain text.
 */
export type Scheme = 'bcrypt' | 'apr1' | 'sha' | 'ssha' | 'plain'

export interface Entry {
  readonly name: string
  readonly scheme: Scheme
  readonly hash: string
}

export interface Line {
  /** From 1. */
  readonly number: number
  readonly entry?: Entry
  readonly problem?: string
}

const schemeOf = (hash: string): Scheme | undefined => {
  if (/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)) return 'bcrypt'
  if (/^\$apr1\$[^$]{1,8}\$[./A-Za-z0-9]{22}$/.test(hash)) return 'apr1'
  if (/^\{SHA\}[A-Za-z0-9+/]{27}=$/.test(hash)) return 'sha'
  if (/^\{SSHA\}[A-Za-z0-9+/]+=*$/.test(hash)) return 'ssha'
  return /^(\$\w+\$|\{\w+\})/.test(hash) ? undefined : 'plain'
}

const readLine = (text: string, number: number): Line | undefined => {
  const line = text.trim()
  if (line === '' || line.startsWith('#')) return undefined
  const colon = line.indexOf(':')
  if (colon < 1) return { number, problem: `line ${number} is not name:hash` }
  const hash = line.slice(colon + 1)
  const scheme = schemeOf(hash)
  if (hash === '' || scheme === undefined)
    return { number, problem: `line ${number} holds a hash of an unknown form; write it with htpasswd -B` }
  return { number, entry: { name: line.slice(0, colon), scheme, hash } }
}

/** The lines that say something. */
export const readHtpasswd = (text: string): readonly Line[] =>
  text.split(/\r?\n/).flatMap((line, i) => readLine(line, i + 1) ?? [])
