/**
 * Free text out of Marcus: home folders, keys and overlong text go, unless `include_content` asks for all of it. This is
 * a belt; what must not leave is the redact processor's.
 */
const TEXT_MAX = 1_000

const HOME = /(?:\/home\/|\/Users\/|\/root\b|[A-Za-z]:\\Users\\)[^\s'"`,;:)\]}]*/g
const KEY =
  /\b(?:sk|pk|rk|ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|AKIA|ASIA|AIza|hf|npm)[-_]?[A-Za-z0-9][A-Za-z0-9_-]{14,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g
const SECRET = /\b(?:bearer|basic|password|passwd|secret|token|api[-_]?key)(\s*[=:]\s*|\s+)["']?[^\s"',;]{8,}/gi

export const scrub = (text: string, includeContent: boolean): string => {
  if (includeContent) return text
  const clean = text
    .slice(0, TEXT_MAX * 2)
    .replace(HOME, '~')
    .replace(KEY, '[REDACTED]')
    .replace(SECRET, (match) => `${/^\S+?(?=[\s=:])/.exec(match)?.[0] ?? ''} [REDACTED]`)
  return clean.length > TEXT_MAX ? `${clean.slice(0, TEXT_MAX)}…` : clean
}
