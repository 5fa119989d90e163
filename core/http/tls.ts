/** The OpenTelemetry Collector's client TLS options (configtls), as a schema fragment and as what node:tls takes. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SecureVersion } from 'node:tls'
import { CollectorError } from '../kit/errors.ts'
import type { ConfigProblem } from '../kit/plugin.ts'
import type { Infer, JsonSchema } from '../kit/schema.ts'
import type { Secret } from '../kit/secret.ts'

export const tlsSchema = {
  type: 'object',
  description: 'TLS of the connection; only read for https endpoints.',
  properties: {
    insecure: {
      type: 'boolean',
      default: false,
      description: 'Accepted for compatibility; whether TLS is used follows from the endpoint (http or https).',
    },
    insecure_skip_verify: { type: 'boolean', default: false, description: 'Take any certificate. For tests only.' },
    ca_file: {
      type: 'string',
      description: 'File with the certificates (PEM) the server’s must lead back to; else the system’s.',
    },
    ca_pem: { type: 'string', description: 'The same as text.' },
    include_system_ca_certs_pool: {
      type: 'boolean',
      default: false,
      description: 'Trust the system’s certificates beside ca_file.',
    },
    cert_file: { type: 'string', description: 'File with the client’s certificate (PEM), for mutual TLS.' },
    cert_pem: { type: 'string', description: 'The same as text.' },
    key_file: { type: 'string', description: 'File with the client’s private key (PEM).' },
    key_pem: { type: 'string', secret: true, description: 'The same as text.' },
    server_name_override: {
      type: 'string',
      description: 'Name the server’s certificate must carry instead of the endpoint’s host.',
    },
    min_version: { enum: ['1.0', '1.1', '1.2', '1.3'], default: '1.2', description: 'Oldest TLS version.' },
    max_version: { enum: ['1.0', '1.1', '1.2', '1.3'], description: 'Newest TLS version.' },
  },
} as const satisfies JsonSchema

export type TlsConfig = Infer<typeof tlsSchema>

export interface TlsOptions {
  readonly ca?: string[]
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
}

const HALF = 'a client certificate needs both cert_file and key_file'

/** A file of the configuration; throws a CollectorError that names the option. */
export const readPem = (what: string, file: string, folder: string): string => {
  try {
    return readFileSync(resolve(folder, file), 'utf8')
  } catch (error) {
    throw new CollectorError(
      'start_failed',
      `${what}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`,
      { cause: error },
    )
  }
}

/** From a file or from a text. */
export const pemOf = (
  what: string,
  file: string | undefined,
  text: string | Secret | undefined,
  folder: string,
): string | undefined => {
  if (file !== undefined) return readPem(what, file, folder)
  return typeof text === 'object' ? text.reveal() : text
}

export const secureVersion = (name: string | undefined): SecureVersion | undefined =>
  name === undefined ? undefined : (`TLSv${name === '1.0' ? '1' : name}` as SecureVersion)

const systemCertificates = async (): Promise<readonly string[]> => {
  const { getCACertificates } = await import('node:tls')
  return getCACertificates('default')
}

/** Reads the files; throws a CollectorError that names the option. */
export const tlsOptions = async (config: TlsConfig | undefined, folder: string): Promise<TlsOptions> => {
  if (config === undefined) return {}
  const ca = pemOf('tls.ca_file', config.ca_file, config.ca_pem, folder)
  const cert = pemOf('tls.cert_file', config.cert_file, config.cert_pem, folder)
  const key = pemOf('tls.key_file', config.key_file, config.key_pem, folder)
  if ((cert === undefined) !== (key === undefined)) {
    throw new CollectorError('config_invalid', `tls: ${HALF}`)
  }
  const maxVersion = secureVersion(config.max_version)
  return {
    ...(ca === undefined
      ? {}
      : { ca: config.include_system_ca_certs_pool ? [ca, ...(await systemCertificates())] : [ca] }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(config.insecure_skip_verify ? { rejectUnauthorized: false } : {}),
    ...(config.server_name_override === undefined ? {} : { servername: config.server_name_override }),
    minVersion: secureVersion(config.min_version) as SecureVersion,
    ...(maxVersion === undefined ? {} : { maxVersion }),
  }
}

const FILES = ['ca_file', 'cert_file', 'key_file'] as const

/** For `check()`: files that cannot be read, and half a client certificate. */
export const tlsProblems = function* (config: TlsConfig | undefined, folder: string): Generator<ConfigProblem> {
  if (config === undefined) return
  for (const key of FILES) {
    const file = config[key]
    if (file === undefined) continue
    try {
      readPem(`tls.${key}`, file, folder)
    } catch (error) {
      yield { path: ['tls', key], message: (error as Error).message.replace(`tls.${key}: `, '') }
    }
  }
  const hasCertificate = config.cert_file !== undefined || config.cert_pem !== undefined
  const hasKey = config.key_file !== undefined || config.key_pem !== undefined
  if (hasCertificate !== hasKey) yield { path: ['tls'], message: HALF }
}
