/**
 * Where a Marcus keeps what it writes. Its service files (`~/.marcus/services/marcus_<pid>.json`) name a process and its
 * folders; both outlive the process, so the pid is checked. Relative data folders follow Marcus's working directory,
 * logs, assignments and project history its source folder; where the two differ, both are read.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { endpointAddress, type EndpointAddress } from './endpoint-address.ts'
import { microsOf, type Micros } from './micros.ts'
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
  /** The Marcus that runs there, when one does; when it was started. */
  readonly running: { readonly startedAt: Micros } | undefined
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
  readonly startedAt: Micros
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

const foldersOf = (service: Service): { readonly working: string | undefined; readonly logs: string | undefined } => {
  const conversations = textOf(service.fields['log_dir'])
  return {
    working: textOf(service.fields['working_directory']),
    logs: conversations === undefined ? undefined : dirname(conversations),
  }
}

const endpointOf = (service: Service | undefined, home: string | undefined): EndpointAddress => {
  if (service === undefined) return endpointAddress(undefined, [])
  const { working, logs } = foldersOf(service)
  const folders = [working, logs === undefined ? undefined : dirname(logs), home]
  return endpointAddress(
    textOf(service.fields['mcp_command']) ?? '',
    folders.filter((folder) => folder !== undefined),
  )
}

/** The running one, the newest of several; else the newest that ran. */
const bestOf = (services: readonly Service[]): Service | undefined =>
  services.toSorted((a, b) => Number(b.alive) - Number(a.alive) || b.startedAt - a.startedAt)[0]

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

const usualHome = (): string => join(homedir(), '.marcus')

type Given = Pick<Places, 'logs' | 'data' | 'home'> & { readonly service: Service | undefined }

/**
 * Folders given by hand: a folder's own `logs`, `data` and `home`, where they are there or still to come. Where it has no
 * home, the user's home may hold the service file of the Marcus in this folder; others there are none of its business.
 */
const explicit = (wanted: Wanted): Given => {
  const at = (path: string): string => (isAbsolute(path) ? path : resolve(wanted.base, path))
  const folder = wanted.folder === undefined ? undefined : at(wanted.folder)
  const inside = (name: string): readonly string[] => (folder === undefined ? [] : [join(folder, name)])
  const logs = wanted.logs === undefined ? inside('logs') : [at(wanted.logs)]
  const data = wanted.data === undefined ? inside('data') : [at(wanted.data)]
  const own = wanted.home === undefined ? inside('home').find(isFolder) : at(wanted.home)
  if (own !== undefined) return { logs, data, home: own, service: bestOf(servicesOf(own)) }
  const service = bestOf(
    servicesOf(usualHome()).filter((one) =>
      logs.some((path) => realPath(path) === realPath(foldersOf(one).logs ?? '')),
    ),
  )
  return { logs, data, home: service === undefined ? inside('home')[0] : usualHome(), service }
}

const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

const discovered = (service: Service): Pick<Places, 'logs' | 'data'> => {
  const { working, logs } = foldersOf(service)
  const data = [working, logs === undefined ? undefined : dirname(logs)].flatMap((path) =>
    path === undefined ? [] : [join(path, 'data')],
  )
  return { logs: logs === undefined ? [] : [logs], data: [...new Set(data)] }
}

const chosenEndpoint = (wanted: Wanted, service: Service | undefined, home: string | undefined): EndpointAddress => {
  if (wanted.endpoint === 'auto') return endpointOf(service?.alive === true ? service : undefined, home)
  return wanted.endpoint === 'none'
    ? { endpoint: undefined, endpointReason: 'switched off by `endpoint: none`' }
    : { endpoint: wanted.endpoint, endpointReason: 'given by the configuration' }
}

const runningOf = (service: Service | undefined): Places['running'] =>
  service?.alive === true ? { startedAt: service.startedAt } : undefined

export const discover = (wanted: Wanted): Places | undefined => {
  if (wanted.folder !== undefined || wanted.logs !== undefined || wanted.data !== undefined) {
    const { service, ...places } = explicit(wanted)
    const endpoint = chosenEndpoint(wanted, service, places.home)
    const found = 'folders given by the configuration'
    return { ...places, ...endpoint, found, running: runningOf(service) }
  }
  const home = wanted.home === undefined ? usualHome() : resolve(wanted.base, wanted.home)
  const service = bestOf(servicesOf(home))
  if (service === undefined) return undefined
  const state = service.alive ? 'running' : 'not running any more'
  return {
    ...discovered(service),
    home,
    ...chosenEndpoint(wanted, service, home),
    found: `service file of ${textOf(service.fields['instance_id']) ?? 'marcus'} (${state})`,
    running: runningOf(service),
  }
}

/** The same Marcus, perhaps started anew. */
export const isSamePlace = (a: Places, b: Places): boolean =>
  JSON.stringify([a.logs, a.data, a.home]) === JSON.stringify([b.logs, b.data, b.home])

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
