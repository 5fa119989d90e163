/** Where a client dials, as OpenTelemetry spells it: `host:4317`, `http://host:4317`, `https://host:4317`, `dns:///host:4317`. */
import { CollectorError } from '../kit/errors.ts'

export interface GrpcTarget {
  /** For messages and node:http2: `http://host:4317`. */
  readonly origin: string
  readonly isSecure: boolean
}

const bare = /^(?:dns:\/{0,3})?(\[[0-9a-fA-F:.%\w]+\]|[^:[\]/\s]+):(\d{1,5})$/

/**
 * A scheme decides about TLS; without one it is TLS unless `insecure`, as in the OpenTelemetry Collector. Throws
 * `config_invalid` with what to write.
 */
export const parseGrpcTarget = (endpoint: string, insecure: boolean): GrpcTarget => {
  const text = endpoint.trim()
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null
  if (url !== null) {
    if (url.pathname !== '/' || url.search !== '' || url.username !== '')
      throw new CollectorError('config_invalid', `"${endpoint}" has more than a host and a port; gRPC has no path`)
    return { origin: url.origin, isSecure: url.protocol === 'https:' }
  }
  const match = bare.exec(text)
  if (match === null || Number(match[2]) > 65_535)
    throw new CollectorError(
      'config_invalid',
      `"${endpoint}" is no address to dial; write host:port, e.g. localhost:4317`,
    )
  const isSecure = !insecure
  return { origin: `${isSecure ? 'https' : 'http'}://${match[1]}:${match[2]}`, isSecure }
}
