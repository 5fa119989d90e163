/** The OpenTelemetry Collector's server TLS options (configtls), as a schema fragment and as what node:tls takes. */
import type { ConfigProblem } from '../kit/plugin.ts'
import type { Infer, JsonSchema } from '../kit/schema.ts'
import { CollectorError } from '../kit/errors.ts'
import { pemOf, readPem, secureVersion } from './tls.ts'
import type { TlsOptions } from './tls.ts'

export const tlsServerSchema = {
  type: 'object',
  description: 'TLS of the server; without it connections are plain.',
  properties: {
    cert_file: { type: 'string', description: 'File with the server’s certificate and its chain (PEM).' },
    cert_pem: { type: 'string', description: 'The same as text.' },
    key_file: { type: 'string', description: 'File with the server’s private key (PEM).' },
    key_pem: { type: 'string', secret: true, description: 'The same as text.' },
    client_ca_file: {
      type: 'string',
      description:
        'File with the certificates (PEM) a client’s must lead back to: only such clients are let in (mutual TLS).',
    },
    min_version: { enum: ['1.0', '1.1', '1.2', '1.3'], default: '1.2', description: 'Oldest TLS version.' },
    max_version: { enum: ['1.0', '1.1', '1.2', '1.3'], description: 'Newest TLS version.' },
    reload_interval: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description: 'How often the files are read again, for certificates that are renewed; 0 = never.',
    },
  },
} as const satisfies JsonSchema

export type TlsServerConfig = Infer<typeof tlsServerSchema>

export interface TlsServerOptions extends TlsOptions {
  readonly requestCert?: boolean
}

const INCOMPLETE = 'a server needs its certificate and its key: cert_file and key_file'

/** Reads the files; throws a CollectorError that names the option. */
export const tlsServerOptions = (config: TlsServerConfig, folder: string): TlsServerOptions => {
  const cert = pemOf('tls.cert_file', config.cert_file, config.cert_pem, folder)
  const key = pemOf('tls.key_file', config.key_file, config.key_pem, folder)
  if (cert === undefined || key === undefined) throw new CollectorError('config_invalid', `tls: ${INCOMPLETE}`)
  const maxVersion = secureVersion(config.max_version)
  const minVersion = secureVersion(config.min_version)
  const ca = pemOf('tls.client_ca_file', config.client_ca_file, undefined, folder)
  return {
    cert,
    key,
    ...(ca === undefined ? {} : { ca: [ca], requestCert: true, rejectUnauthorized: true }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  }
}

const FILES = ['cert_file', 'key_file', 'client_ca_file'] as const

/** For `check()`: files that cannot be read, and a certificate or key that is missing. `path` leads to the section. */
export const tlsServerProblems = function* (
  config: TlsServerConfig | undefined,
  folder: string,
  path: readonly string[] = ['tls'],
): Generator<ConfigProblem> {
  if (config === undefined) return
  for (const key of FILES) {
    const file = config[key]
    if (file === undefined) continue
    try {
      readPem(`tls.${key}`, file, folder)
    } catch (error) {
      yield { path: [...path, key], message: (error as Error).message.replace(`tls.${key}: `, '') }
    }
  }
  const hasCertificate = config.cert_file !== undefined || config.cert_pem !== undefined
  const hasKey = config.key_file !== undefined || config.key_pem !== undefined
  if (!hasCertificate || !hasKey) yield { path: [...path], message: INCOMPLETE }
}
