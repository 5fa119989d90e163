/**
 * Where a Marcus keeps what it writes. Its service files (`~/.marcus/services/marcus_<pid>.json`) name a process and its
 * folders; both outlive the process, so the pid is checked. Relative data folders follow Marcus's working directory,
 * logs, assignments and project history its source folder; where the two differ, both are read.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { microsOf } from './micros.ts'
import { fieldsOf, numberOf, textOf, type Fields } from './parse/fields.ts'

export interface Places {
  /** `logs` folders: `conversations/`, `agent_events/` and `*.log` are below. */
  readonly logs: readonly string[]
  readonly data: readonly string[]
  /** Marcus's home (`~/.marcus`): `services/`, `costs.db`. */
  readonly home: string | undefined
  /** The analytics endpoint, or why there is none. */
  readonly endpoint: string | undefined
  readonly endpointReason: string
  readonly found: string
}

export interface Wanted {
  readonly folder?: string | undefined
  readonly logs?: string | undefined
  readonly data?: string | undefined
  readonly home?: string | undefined
  /** `auto`, `none` or a URL. */
  readonly endpoint: string
  /** Relative paths start here. */
  readonly base: string
}

const ANALYTICS_PORT = 4300
const SERVICES_MAX = 1_000

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

interface Service {
  readonly fields: Fields
  readonly startedAt: number
  readonly alive: boolean
}

const servicesOf = (home: string): Service[] => {
  let names: string[]
  try {
    names = readdirSync(join(home, 'services')).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
  return names.slice(0, SERVICES_MAX).flatMap((name): Service[] => {
    try {
      const fields = fieldsOf(JSON.parse(readFileSync(join(home, 'services', name), 'utf8')))
      const pid = numberOf(fields['pid'])
      return [{ fields, startedAt: microsOf(fields['started_at']) ?? 0, alive: pid !== undefined && isAlive(pid) }]
    } catch {
      return []
    }
  })
}

/** The running one, the newest of several; else the newest that ran. */
const bestService = (home: string): Service | undefined =>
  servicesOf(home).toSorted((a, b) => Number(b.alive) - Number(a.alive) || b.startedAt - a.startedAt)[0]

const endpointOf = (service: Service | undefined): { endpoint: string | undefined; endpointReason: string } => {
  const command = textOf(service?.fields['mcp_command'])
  if (command === undefined) return { endpoint: undefined, endpointReason: 'no service file names a running Marcus' }
  if (!/\s--multi\b/.test(command)) {
    return {
      endpoint: undefined,
      endpointReason: 'this Marcus offers no analytics endpoint (it was not started with --multi)',
    }
  }
  const port = /--analytics-port[ =](\d+)/.exec(command)?.[1] ?? String(ANALYTICS_PORT)
  return { endpoint: `http://127.0.0.1:${port}/mcp`, endpointReason: 'named by the service file' }
}

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** A folder given by hand: its own `logs`, `data` and `home`, where they are there or still to come. */
const explicit = (wanted: Wanted): Pick<Places, 'logs' | 'data' | 'home'> => {
  const at = (path: string): string => (isAbsolute(path) ? path : resolve(wanted.base, path))
  const folder = wanted.folder === undefined ? undefined : at(wanted.folder)
  const inside = (name: string): readonly string[] => (folder === undefined ? [] : [join(folder, name)])
  const home = wanted.home === undefined ? inside('home').find(isFolder) : at(wanted.home)
  return {
    logs: wanted.logs === undefined ? inside('logs') : [at(wanted.logs)],
    data: wanted.data === undefined ? inside('data') : [at(wanted.data)],
    home: home ?? (folder === undefined ? join(homedir(), '.marcus') : inside('home')[0]),
  }
}

const discovered = (service: Service): Pick<Places, 'logs' | 'data'> => {
  const conversations = textOf(service.fields['log_dir'])
  const working = textOf(service.fields['working_directory'])
  const logs = conversations === undefined ? [] : [dirname(conversations)]
  const data = [...(working === undefined ? [] : [working]), ...logs.map((path) => dirname(path))].map((path) =>
    join(path, 'data'),
  )
  return { logs, data: [...new Set(data)] }
}

export const discover = (wanted: Wanted): Places | undefined => {
  const given = wanted.folder !== undefined || wanted.logs !== undefined || wanted.data !== undefined
  const places = explicit(wanted)
  const service = places.home === undefined ? undefined : bestService(places.home)
  const automatic = endpointOf(service?.alive === true ? service : undefined)
  const endpoint =
    wanted.endpoint === 'auto'
      ? automatic
      : wanted.endpoint === 'none'
        ? { endpoint: undefined, endpointReason: 'switched off by `endpoint: none`' }
        : { endpoint: wanted.endpoint, endpointReason: 'given by the configuration' }
  if (given) return { ...places, ...endpoint, found: 'folders given by the configuration' }
  if (service === undefined) return undefined
  const { logs, data } = discovered(service)
  const state = service.alive ? 'running' : 'not running any more'
  return {
    ...places,
    logs,
    data,
    ...endpoint,
    found: `service file of ${textOf(service.fields['instance_id']) ?? 'marcus'} (${state})`,
  }
}

/** What is missing of the places, in words; for `status`. */
export const missingPlaces = (places: Places): string[] => {
  const absent = [...places.logs, ...places.data].filter((path) => !existsSync(path))
  return absent.map((path) => `${path} is not there (yet)`)
}

/** What nobody can say without the endpoint. */
export const withheld: readonly string[] = [
  'agents that Marcus dropped without a restart (agent.deregistered, left_list)',
  'what Marcus itself says of its agents (agent.status.updated)',
  'whether Marcus answers (system.unreachable, system.recovered)',
]
