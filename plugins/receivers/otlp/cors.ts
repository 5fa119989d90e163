/** Cross-origin requests of pages (Fetch standard, "CORS protocol"), for those that `cors.allowed_origins` names. */
import { originAllowed } from 'seneca-collector/http'
import type { Exchange } from 'seneca-collector/http'

export interface Cors {
  readonly allowed_origins: readonly string[]
  readonly allowed_headers: readonly string[]
  readonly exposed_headers: readonly string[]
  readonly max_age: number
}

const ALWAYS = 'content-type,content-encoding,authorization'

/** Headers, name after value, that let a page read the answer. */
export const shared = (request: Exchange, cors: Cors): readonly string[] => {
  const { origin } = request.headers
  if (origin === undefined || !originAllowed(request, cors.allowed_origins)) return []
  const exposed =
    cors.exposed_headers.length === 0 ? [] : ['access-control-expose-headers', cors.exposed_headers.join(',')]
  return ['access-control-allow-origin', origin, 'vary', 'Origin', ...exposed]
}

/** Answers the question a browser asks before the request. */
export const preflight = (request: Exchange, cors: Cors): void => {
  const asked = request.headers['access-control-request-headers']
  const allowed =
    cors.allowed_headers.includes('*') && asked !== undefined ? asked : [ALWAYS, ...cors.allowed_headers].join(',')
  const common = shared(request, cors)
  const more =
    common.length === 0 ? [] : ['access-control-allow-methods', 'POST', 'access-control-allow-headers', allowed]
  const age = cors.max_age > 0 ? ['access-control-max-age', String(cors.max_age)] : []
  request.answer({ status: 204, headers: [...common, ...more, ...age], body: '' })
}
