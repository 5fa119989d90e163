/** From options to a connection's. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { CollectorError, Secret } from 'seneca-collector'
import { tlsOptions } from 'seneca-collector/http'
import type { McpAuth, McpOptions } from 'seneca-collector/mcp'
import type { Config } from './options.ts'

const FIRST_PAUSE_MS = 500

const fileText = (file: string, folder: string): string => {
  try {
    return readFileSync(resolve(folder, file), 'utf8').trim()
  } catch (error) {
    throw new CollectorError('unauthenticated', `${file} cannot be read`, { cause: error })
  }
}

const oauth = (config: { readonly client_id: string; readonly scope?: string; readonly issuer?: string }) => ({
  clientId: config.client_id,
  ...(config.scope === undefined ? {} : { scope: config.scope }),
  ...(config.issuer === undefined ? {} : { issuer: config.issuer }),
})

const authOf = ({ auth }: Config, folder: string): McpAuth | undefined => {
  if (auth === undefined) return undefined
  const { token, token_file: file, client_credentials: secret, private_key_jwt: jwt } = auth
  if (token !== undefined) return { kind: 'bearer', token: () => token.reveal() }
  if (file !== undefined) return { kind: 'bearer', token: () => fileText(file, folder) }
  if (secret !== undefined) return { kind: 'client_credentials', ...oauth(secret), clientSecret: secret.client_secret }
  if (jwt === undefined) return undefined
  return {
    kind: 'private_key_jwt',
    ...oauth(jwt),
    privateKey: new Secret(fileText(jwt.key_file, folder)),
    algorithm: jwt.algorithm,
  }
}

export const targetOf = async (config: Config, folder: string): Promise<McpOptions> => {
  const common = {
    tools: config.tools.map((tool) => tool.name),
    protocol: config.protocol,
    maxResponseBytes: config.max_response_size,
    connectTimeoutMs: config.connect_timeout,
    livenessMs: config.liveness_interval,
    reconnect: { firstMs: FIRST_PAUSE_MS, mostMs: config.reconnect_max },
    ...(config.log_level === undefined ? {} : { logLevel: config.log_level }),
  }
  if (config.command !== undefined) {
    const env = Object.fromEntries(Object.entries(config.env).map(([name, value]) => [name, value.reveal()]))
    const cwd = config.cwd === undefined ? {} : { cwd: resolve(folder, config.cwd) }
    return { ...common, transport: 'stdio', command: config.command, args: config.args, env, ...cwd }
  }
  const auth = authOf(config, folder)
  const tls = config.tls === undefined ? {} : { tls: await tlsOptions(config.tls, folder) }
  return {
    ...common,
    ...tls,
    transport: 'http',
    endpoint: config.endpoint ?? '',
    headers: config.headers,
    ...(auth === undefined ? {} : { auth }),
  }
}
