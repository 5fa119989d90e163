/** Marcus itself: starts, ends, absences, failures of its tools, and what is only passed on. */
import { asValue } from 'seneca-collector'
import { isoOf, SECOND, secondsBetween, type Micros } from '../micros.ts'
import type { Observation } from '../observation.ts'
import { detach } from './allocation.ts'
import { setStatus } from './agents.ts'
import { projectCounts } from './projects.ts'
import { giveUpAll } from './reports.ts'
import type { Boot } from './state.ts'
import type { World } from './world.ts'

type Seen<K> = Observation & { readonly kind: K }

/** Traces of one start lie no further apart: the service file is written while Marcus still loads. */
const START_TOLERANCE = 12 * SECOND
const ERROR_TOLERANCE = 2 * SECOND

export const latestBoot = (world: World): Boot | undefined => world.state.boots.get(String(world.single.boot))

type Start = Pick<Seen<'boot'>, 'at' | 'pid' | 'source'>

/**
 * The start that a trace tells of, the nearest of several: Marcus may be started twice within seconds. Each start has a
 * first line of its own in the realtime log, and a process of its own.
 */
const bootOf = (world: World, { at, pid, source }: Start): Boot | undefined => {
  let nearest: Boot | undefined
  for (const boot of world.state.boots.values()) {
    const isOther =
      source === 'realtime'
        ? boot.logged === true && boot.at !== at
        : pid !== undefined && boot.pid !== undefined && boot.pid !== pid
    const distance = Math.abs(boot.at - at)
    if (isOther || distance > START_TOLERANCE) continue
    if (nearest === undefined || distance < Math.abs(nearest.at - at)) nearest = boot
  }
  return nearest
}

export const isNewBoot = (world: World, start: Start): boolean => {
  if (bootOf(world, start) !== undefined) return false
  const latest = latestBoot(world)
  return latest === undefined || start.at > latest.at
}

/** Called before time is moved on to the start: while Marcus was away nobody can have been silent. */
export const bridgeOutage = (world: World, at: Micros): void => {
  const from = world.single.lastTrace
  if (from !== 0 && from < at) stopClocks(world, from, at)
}

const STILL = 2 * SECOND

const stopClocks = (world: World, from: Micros, at: Micros): void => {
  for (const agent of world.state.agents.values()) {
    if (agent.life === undefined) continue
    agent.away += Math.max(0, at - Math.max(from, agent.life))
    world.state.agents.touch(agent.id)
  }
}

const sayStopped = (world: World, boot: Boot, at: Micros, after?: Micros): void => {
  if (boot.stoppedAt !== undefined) return
  boot.stoppedAt = at
  world.state.boots.touch(String(boot.number))
  world.say('system.stopped', {
    at,
    key: [isoOf(boot.at)],
    data: { instance: world.settings.instance, pid: boot.pid ?? null, boot: boot.number },
    derived: true,
    ...(after === undefined ? {} : { range: [after, at] as const }),
  })
}

/** Another trace of a start that is known. */
const addTrace = (world: World, boot: Boot, { pid, source }: Start): void => {
  if (source === 'realtime') boot.logged = true
  world.state.boots.touch(String(boot.number))
  if (pid === undefined || boot.pid !== undefined) return
  boot.pid = pid
  if (boot.announced) sayOtherProcess(world, boot)
  else announceBoot(world, boot.number)
}

export const onBoot = (world: World, seen: Seen<'boot'>): void => {
  const { at, pid, source } = seen
  const known = bootOf(world, seen)
  if (known !== undefined) return addTrace(world, known, seen)
  if (!isNewBoot(world, seen)) return
  if (source !== 'realtime') {
    // The log's own first line is better; an old service file may also tell of a start whose log is gone.
    const key = `service ${isoOf(at)}`
    const { kind, ref } = { kind: 'boot' as const, ref: source }
    world.wait(key, {
      due: at + world.settings.settle,
      what: 'boot',
      observation: { kind, at, source, ref, ...(pid === undefined ? {} : { pid }) },
    })
    return
  }
  beginBoot(world, seen)
}

/** The service file nearest to a start that was read before the start's own line. */
const waitingService = (world: World, at: Micros): { readonly key: string; readonly pid?: number } | undefined => {
  const near = [...world.state.pending.entries()].flatMap(([key, { observation }]) => {
    if (!key.startsWith('service ') || observation?.kind !== 'boot') return []
    const distance = Math.abs(observation.at - at)
    const pid = observation.pid === undefined ? {} : { pid: observation.pid }
    return distance <= START_TOLERANCE ? [{ key, distance, ...pid }] : []
  })
  return near.toSorted((a, b) => a.distance - b.distance)[0]
}

export const beginBoot = (world: World, start: Start): void => {
  const { at, pid, source } = start
  const known = bootOf(world, start)
  if (known !== undefined) return addTrace(world, known, start)
  if (!isNewBoot(world, start)) return
  const previous = latestBoot(world)
  giveUpAll(world, at)
  if (previous !== undefined) {
    if (!previous.announced) announceBoot(world, previous.number)
    sayStopped(world, previous, at, Math.min(world.single.lastTrace, at))
    for (const agent of world.state.agents.values()) {
      agent.registered = false
      world.state.agents.touch(agent.id)
    }
    world.wait('restart', { due: at + world.settings.restartGrace, what: 'restart', data: { at } })
  }
  world.single.boot++
  delete world.single.polledAgents
  delete world.single['down']
  world.touchSingle()
  const number = world.single.boot
  world.state.boots.set(String(number), {
    number,
    at,
    announced: false,
    ...(source === 'realtime' ? { logged: true } : {}),
    ...(pid === undefined ? {} : { pid }),
  })
  const early = waitingService(world, at)
  if (early !== undefined) {
    world.unwait(early.key)
    if (early.pid !== undefined) world.state.boots.get(String(number))!.pid = early.pid
  }
  if (world.state.boots.get(String(number))?.pid !== undefined) announceBoot(world, number)
  else world.wait(`boot ${number}`, { due: at + world.settings.settle, what: 'started', data: { boot: number } })
}

/** Its number and, when the service file has been read, its pid. */
export const announceBoot = (world: World, number: number): void => {
  const boot = world.state.boots.get(String(number))
  world.unwait(`boot ${number}`)
  if (boot === undefined || boot.announced) return
  boot.announced = true
  world.state.boots.touch(String(number))
  const { at, pid } = boot
  const { instance } = world.settings
  world.say('system.started', { at, key: [isoOf(at)], data: { instance, pid: pid ?? null, boot: number } })
  sayOtherProcess(world, boot)
}

const sayOtherProcess = (world: World, { at, pid, number }: Boot): void => {
  const before = world.state.boots.get(String(number - 1))
  if (before !== undefined && pid !== undefined && before.pid !== undefined && before.pid !== pid) {
    const data = { what: 'marcus_process', diff: { pid: { from: before.pid, to: pid } } }
    world.say('system.config.changed', {
      at,
      key: ['marcus_process', isoOf(at)],
      data,
      source: 'services',
      derived: true,
    })
  }
}

/** Its process is gone, as seen from here. */
export const onStopped = (world: World, { at, pid, found }: Seen<'stopped'>): void => {
  const boot = latestBoot(world)
  if (boot === undefined || (pid !== undefined && boot.pid !== undefined && boot.pid !== pid)) return
  if (!boot.announced) announceBoot(world, boot.number)
  world.single['down'] = at
  world.touchSingle()
  sayStopped(world, boot, at, found === true ? Math.min(world.single.lastTrace, at) : undefined)
}

/** Agents had their time to come back: those that did not are gone from Marcus's list. */
export const onRestartDue = (world: World, from: Micros, at: Micros): void => {
  for (const agent of world.state.agents.values()) {
    if (agent.registered || agent.registeredAt === undefined) continue
    deregister(world, agent.id, 'restart', at, from)
  }
}

export const deregister = (
  world: World,
  id: string,
  reason: 'restart' | 'left_list',
  at: Micros,
  after: Micros,
): void => {
  const agent = world.agent(id)
  agent.registered = false
  delete agent.registeredAt
  world.state.agents.touch(id)
  const data = { agent_id: id, reason }
  world.say('agent.deregistered', { at, key: [id], data, derived: true, range: [after, at] })
  if (agent.project !== undefined) detach(world, id, agent.project, at, 'realtime')
  // One that goes on working without having registered again is alive, whatever Marcus's list says.
  if (reason === 'restart' && agent.life !== undefined && agent.life > after) return
  setStatus(world, id, 'offline', at)
}

export const onUnreachable = (world: World, { at, endpoint }: Seen<'unreachable'>): void => {
  if (world.single.unreachableSince !== undefined) return
  world.single.unreachableSince = at
  world.touchSingle()
  const { instance } = world.settings
  world.say('system.unreachable', { at, key: [instance], data: { instance, endpoint }, source: 'mcp', derived: true })
}

export const onReachable = (world: World, { at, endpoint }: Seen<'reachable'>): void => {
  const since = world.single.unreachableSince
  if (since === undefined) return
  delete world.single.unreachableSince
  world.touchSingle()
  // Nothing was written in between: Marcus stood still, and so did everybody's clock.
  if (world.single.lastTrace <= since + STILL) stopClocks(world, since, at)
  const { instance } = world.settings
  const data = { instance, endpoint, outage_seconds: secondsBetween(since, at) }
  world.say('system.recovered', { at, key: [instance], data, source: 'mcp', derived: true })
}

export const onConnection = (world: World, seen: Seen<'connection'>): void => {
  const { change, peer, era, transport, reason, outage, at } = seen
  const data = { peer, era, transport, reason, outage_seconds: outage }
  world.say(`mcp.connection.${change}`, { at, key: [peer], data, source: 'mcp' })
}

const errorKey = (tool: string): string => `error ${tool}`

/** The log's word on a failure; the audit log has it too, over stdio. */
export const onToolFailed = (world: World, seen: Seen<'tool_failed'>): void => {
  const { tool, agent, message, code, at, source } = seen
  const facts = world.state.facts.get(errorKey(tool)) ?? []
  const known = facts.find((fact) => !fact.traces.includes(source) && Math.abs(fact.at - at) <= ERROR_TOLERANCE)
  if (known !== undefined) {
    known.traces.push(source)
    world.state.facts.touch(errorKey(tool))
    return
  }
  world.state.facts.set(errorKey(tool), [...facts.slice(-15), { at, traces: [source], said: true }])
  const data = { tool, agent_id: agent, message: message.slice(0, 1_000), code }
  world.say('system.error', { at, key: [tool, agent ?? ''], data, source })
}

export const onDenied = (world: World, { tool, clientType, at, source }: Seen<'denied'>): void => {
  world.say('system.access.denied', { at, key: [clientType, tool], data: { client_type: clientType, tool }, source })
}

export const onToolCalled = (world: World, seen: Seen<'tool_called'>): void => {
  const { tool, agent, client, clientType, ms, ok, error, at, source } = seen
  const data = {
    tool,
    agent_id: agent,
    client_id: client,
    client_type: clientType,
    duration_ms: ms,
    ok,
    error: error?.slice(0, 300),
  }
  world.say('mcp.tool.called', { at, key: [tool, agent ?? ''], data, source })
}

export const onGridlock = (world: World, { blocked, at, source }: Seen<'gridlock'>): void => {
  const project = world.single.activeProject
  const count = blocked > 0 || project === undefined ? blocked : projectCounts(world, project).blocked
  const data = { project_id: project ?? null, blocked_tasks: count }
  world.say('system.gridlock.detected', { at, key: [project ?? ''], data, source, project })
}

export const onUnmapped = (world: World, seen: Seen<'unmapped'>): void => {
  const { file, reason, record, at, source, untimed } = seen
  const key = [source, JSON.stringify(record)]
  const data = { file, reason, record: asValue(record) }
  world.say('marcus.log.record', {
    at,
    key,
    data,
    source,
    ...(untimed === true ? { observed: true } : {}),
  })
}
