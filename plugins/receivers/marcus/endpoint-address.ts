/**
 * Where the analytics endpoint of a running Marcus is. Its command line says whether it has one and perhaps on which
 * port; the rest stands in the `config_marcus.json` it was started with, which it looks for in its working directory, in
 * its source folder, then in its home. The default is port 4300 on loopback.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fieldsOf, numberOf, textOf, type Fields } from './parse/fields.ts'

export interface EndpointAddress {
  readonly endpoint: string | undefined
  readonly endpointReason: string
}

const PORT = 4300
const PATH = '/mcp'
const CONFIG = 'config_marcus.json'
const CONFIG_BYTES_MAX = 1024 * 1024

const readConfig = (folders: readonly string[]): Fields => {
  for (const folder of folders) {
    try {
      const text = readFileSync(join(folder, CONFIG), 'utf8')
      if (text.length <= CONFIG_BYTES_MAX) return fieldsOf(JSON.parse(text))
    } catch {
      // Not there, or not to be read: the next.
    }
  }
  return {}
}

/** All addresses are reached on loopback; Marcus refuses requests whose `Host` is neither 127.0.0.1 nor localhost. */
const hostOf = (host: string | undefined): string =>
  host === undefined || host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host

const none = (endpointReason: string): EndpointAddress => ({ endpoint: undefined, endpointReason })

/** `command`: as the service file has it; `folders`: where its configuration may lie, the first that has one counts. */
export const endpointAddress = (command: string | undefined, folders: readonly string[]): EndpointAddress => {
  if (command === undefined) return none('no service file names a running Marcus')
  const config = readConfig(folders)
  const isOther = /\s--(http|stdio)\b/.test(command)
  const isMulti = /\s--multi\b/.test(command) || fieldsOf(config['transport'])['type'] === 'multi'
  if (isOther || !isMulti) return none('this Marcus offers no analytics endpoint (it was not started with --multi)')
  const analytics = fieldsOf(fieldsOf(config['multi_endpoint'])['analytics'])
  if (analytics['enabled'] === false) return none('the analytics endpoint is switched off in config_marcus.json')
  const given = /--analytics-port[ =](\d+)/.exec(command)?.[1]
  const configured = numberOf(analytics['port'])
  const port = given ?? String(configured ?? PORT)
  const endpoint = `http://${hostOf(textOf(analytics['host']))}:${port}${textOf(analytics['path']) ?? PATH}`
  const source = given !== undefined ? 'its command line' : configured !== undefined ? CONFIG : 'default'
  return { endpoint, endpointReason: `of the running Marcus (port from ${source})` }
}
