/** Is a request one that OTLP/HTTP may send here? Judged by its head, before a byte of its body is read. */
import type { Signal } from 'seneca-collector'
import { decompressions, hostAllowed, originAllowed } from 'seneca-collector/http'
import type { Decompression, Endpoint, Exchange } from 'seneca-collector/http'
import type { Refusal } from './http-answer.ts'
import type { Format } from './intake.ts'
import { wrongPath } from './remedies.ts'
import type { Places } from './remedies.ts'

export interface Rules {
  readonly endpoint: Endpoint
  readonly signals: ReadonlyMap<string, Signal>
  readonly places: () => Places
  /** Encodings taken; `''` = none. */
  readonly encodings: ReadonlySet<string>
  readonly allowedOrigins: readonly string[]
  readonly maxBytes: number
}

export interface Head {
  readonly signal: Signal
  readonly format: Format
  readonly encoding: Decompression | undefined
}

export interface RefusedHead {
  readonly reason: string
  readonly refusal: Refusal
}

const refused = (reason: string, status: number, message: string, headers: readonly string[] = []): RefusedHead => ({
  reason,
  refusal: { status, message, headers },
})

export const formatOf = (type: string | undefined): Format | undefined => {
  if (type === 'application/x-protobuf') return 'otlp_proto'
  if (type === 'application/json') return 'otlp_json'
  const bare = type?.split(';')[0]?.trim().toLowerCase()
  if (bare === 'application/x-protobuf' || bare === 'application/protobuf') return 'otlp_proto'
  return bare === 'application/json' ? 'otlp_json' : undefined
}

/** A page of another site must be named; programs send no Origin. */
const isForeign = (request: Exchange, rules: Rules): boolean =>
  request.headers['origin'] !== undefined &&
  !(
    originAllowed(request, rules.allowedOrigins) &&
    (rules.allowedOrigins.length > 0 || hostAllowed(request, rules.endpoint, []))
  )

/** Also of a target in absolute form, as clients write it that take the receiver for a proxy (RFC 9112, 3.2.2). */
const pathOf = (target: string): string => {
  const path = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?]*/i, '')
  const query = path.indexOf('?')
  return query < 0 ? path : path.slice(0, query)
}

const encodingOf = (header: string | undefined): string => {
  const name = header?.trim().toLowerCase() ?? ''
  return name === 'identity' || name === 'none' ? '' : name
}

const isKnown = (encoding: string): encoding is Decompression => decompressions.includes(encoding as Decompression)

export const readHead = (request: Exchange, rules: Rules): Head | RefusedHead => {
  const { headers, method, target } = request
  const path = pathOf(target)
  const signal = rules.signals.get(path)
  if (signal === undefined) return refused('unknown_path', 404, wrongPath(path, rules.places()))
  if (method !== 'POST') return refused('method', 405, `${method} ${path}: OTLP is sent with POST`, ['allow', 'POST'])
  if (isForeign(request, rules))
    return refused('origin', 403, `pages of ${headers['origin']} are not let in; name them in cors.allowed_origins`)
  const format = formatOf(headers['content-type'])
  if (format === undefined) {
    const type = headers['content-type'] ?? 'nothing'
    return refused('content_type', 415, `content-type ${type}: it must be application/x-protobuf or application/json`)
  }
  const encoding = encodingOf(headers['content-encoding'])
  if (!rules.encodings.has(encoding)) {
    const taken = [...rules.encodings].filter((name) => name !== '')
    const message = `content-encoding ${encoding === '' ? 'none' : encoding} is not taken; use ${taken.join(', ')}${rules.encodings.has('') ? ' or none' : ''}`
    return refused('encoding', 415, message, ['accept-encoding', taken.join(', ')])
  }
  const length = Number(headers['content-length'] ?? 0)
  if (length > rules.maxBytes)
    return refused('too_large', 413, `a body of ${length} bytes is larger than the ${rules.maxBytes} allowed`)
  return { signal, format, encoding: isKnown(encoding) ? encoding : undefined }
}
