/** Mistakes in the options that a schema cannot see. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CheckInfo, ConfigProblem } from 'seneca-collector'
import { tlsProblems } from 'seneca-collector/http'
import { compileStatements } from 'seneca-collector/ottl'
import type { Config } from './options.ts'

const HTTP_ONLY = ['auth', 'headers', 'tls'] as const
const STDIO_ONLY = ['args', 'env', 'cwd'] as const

const isSet = (value: unknown): boolean =>
  value !== undefined &&
  !(Array.isArray(value) && value.length === 0) &&
  !(typeof value === 'object' && value !== null && Object.keys(value).length === 0)

const transportProblems = function* (config: Config): Generator<ConfigProblem> {
  const { endpoint, command, transport } = config
  if (endpoint === undefined && command === undefined) {
    yield {
      path: [],
      message: 'needs `endpoint` (an HTTP server) or `command` (a stdio server)',
      suggestion: 'endpoint: http://localhost:4300/mcp',
    }
    return
  }
  if (endpoint !== undefined && command !== undefined) {
    yield {
      path: ['command'],
      message: '`endpoint` and `command` are two servers; make two receivers of it, e.g. mcp/one and mcp/two',
    }
    return
  }
  const kind = endpoint === undefined ? 'stdio' : 'http'
  if (transport !== undefined && transport !== kind)
    yield {
      path: ['transport'],
      message: `\`${kind === 'http' ? 'endpoint' : 'command'}\` is given, so the transport is ${kind}`,
      suggestion: kind,
    }
  if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol))) {
    yield { path: ['endpoint'], message: `"${endpoint}" is no http or https URL` }
  }
  for (const key of kind === 'http' ? STDIO_ONLY : HTTP_ONLY) {
    if (isSet(config[key]))
      yield { path: [key], message: `\`${key}\` belongs to ${kind === 'http' ? 'a stdio' : 'an HTTP'} server` }
  }
}

const fileProblems = function* (config: Config, folder: string): Generator<ConfigProblem> {
  const jwt = config.auth?.private_key_jwt
  if (jwt !== undefined && !existsSync(resolve(folder, jwt.key_file))) {
    yield { path: ['auth', 'private_key_jwt', 'key_file'], message: `${jwt.key_file} is not there` }
  }
  const token = config.auth?.token_file
  // It is read for every request, so it may come later.
  if (token !== undefined && !existsSync(resolve(folder, token))) {
    yield { path: ['auth', 'token_file'], message: `${token} is not there`, severity: 'warning' }
  }
  if (config.cwd !== undefined && !existsSync(resolve(folder, config.cwd)))
    yield { path: ['cwd'], message: `${config.cwd} is not there` }
}

export const check = function* (config: Config, info: CheckInfo): Generator<ConfigProblem> {
  yield* fileProblems(config, info.folder)
  yield* tlsProblems(config.tls, info.folder)
  yield* transportProblems(config)
  const ways = Object.keys(config.auth ?? {})
  if (ways.length > 1) yield { path: ['auth'], message: `one of ${ways.join(', ')} is enough` }
  if (config.auth !== undefined && ways.length === 0)
    yield { path: ['auth'], message: 'needs token, token_file, client_credentials or private_key_jwt' }
  for (const [index, tool] of config.tools.entries()) {
    if (tool.interval <= 0) yield { path: ['tools', index, 'interval'], message: 'must be longer than 0' }
  }
  for (const { index, message, offset, length, suggestion } of compileStatements(config.map).problems) {
    yield { path: ['map', index], message, offset, length, ...(suggestion === undefined ? {} : { suggestion }) }
  }
  if (config.tools.length + config.resources.length + config.notifications.length === 0) {
    yield { path: [], message: 'asks for nothing: name `tools`, `resources` or `notifications`', severity: 'warning' }
  }
}
