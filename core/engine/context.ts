/** The context a component is created with: its flow, and everything else the engine gives it, under its own name. */
import type { ComponentState, Context, StorageFace, Store } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Core } from './core.ts'
import type { Flow } from './flow.ts'
import type { Instance } from './instance.ts'
import { childLogger } from '../telemetry/logger.ts'
import type { Registry } from '../telemetry/registry.ts'
import type { OffloadHost } from './offload.ts'
import type { Surroundings } from './surroundings.ts'

/** What all components of one collector share. */
export interface Given {
  readonly registry: Registry
  readonly offload: OffloadHost
  /** The state of one component in the data directory. */
  readonly store: (component: string) => Store
  readonly extension: (id: string) => Instance | undefined
  readonly ended: (instance: Instance) => void
  readonly components: () => readonly ComponentState[]
}

const faceOf = (core: Core, given: Given, asker: string, id: string): unknown => {
  const users = core.uses.get(id) ?? new Set()
  core.uses.set(id, users.add(asker))
  const extension = given.extension(id)
  if (!extension)
    throw new CollectorError('not_found', `${asker} needs the extension '${id}', which is not in service.extensions`)
  if (!extension.component)
    throw new CollectorError('not_found', `${asker} needs the extension '${id}', which starts after it`)
  return extension.component.face ?? extension.component
}

const storeOf = (core: Core, given: Given, instance: Instance, name: string): Store => {
  const extension = instance.config.engine.storage
  if (extension === undefined) return given.store(name)
  const face = faceOf(core, given, instance.key, extension) as Partial<StorageFace>
  if (typeof face.store !== 'function')
    throw new CollectorError('config_invalid', `${instance.key}: the extension '${extension}' keeps no state`)
  return face.store(name)
}

const spanOf = async <T>(
  { env }: Core,
  { key }: Instance,
  name: string,
  attributes: Readonly<Record<string, string>> | undefined,
  fn: () => T | Promise<T>,
): Promise<T> => (env.tracing === undefined ? fn() : env.tracing.span(name, { component: key, ...attributes }, fn))

/** Processors have one instance a pipeline, so their state is kept by both names. */
const storageName = (instance: Instance): string =>
  instance.config.kind === 'processor' ? `${instance.key}@${instance.pipelines[0] ?? ''}` : instance.key

export const createContext = (
  core: Core,
  { instance, flow }: { readonly instance: Instance; readonly flow: Flow },
  surroundings: Surroundings,
  given: Given,
): Context => {
  const { env } = core
  const { id, kind } = instance.config
  let store: Store | undefined
  return {
    id,
    kind,
    log: childLogger(env.log, instance.key),
    meter: given.registry.meter({ component: instance.key }),
    tracer: { span: (name, fn, attributes) => spanOf(core, instance, name, attributes, fn) },
    clock: instance.life.clock,
    random: env.random,
    signal: instance.life.controller.signal,
    status: { report: (state, reason) => instance.say(state, reason) },
    get storage() {
      return (store ??= storeOf(core, given, instance, storageName(instance)))
    },
    offload: given.offload.of(instance.key),
    memory: core.accounts,
    once: env.once,
    dataDirectory: env.dataDirectory,
    ended: () => given.ended(instance),
    components: given.components,
    onEmitted: (listener) => core.own.listen(listener),
    extension: <T>(other: string): T => faceOf(core, given, instance.key, other) as T,
    ...surroundings,
    ...flow,
  }
}
