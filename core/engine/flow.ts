/** The part of a component's context through which records move; each kind of component has its own behind it. */
import type { Context } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Signal } from '../model/types.ts'
import { nothing, type Core } from './core.ts'

export type Flow = Pick<Context, 'next' | 'to' | 'emit' | 'filtered' | 'dropped' | 'refused' | 'held' | 'created'>

const none = (): never => {
  throw new CollectorError('plugin_failed', 'an extension has no records to move')
}

/** Exporters and extensions have no pipeline of their own: what they say goes to who listens, and is not waited for. */
export const sayOwn =
  (core: Core): Flow['emit'] =>
  (batch) => {
    core.own.say(batch)
    return Promise.resolve(nothing)
  }

/** Extensions stand beside the flow. */
export const flowBeside = (core: Core): Flow => ({
  next: none,
  to: none,
  emit: sayOwn(core),
  filtered: none,
  dropped: none,
  refused: none,
  held: none,
  created: none,
})

export const noOutput = (key: string, pipeline: string): CollectorError =>
  new CollectorError('not_found', `${key} does not lead to a pipeline '${pipeline}'`)

/** A batch of a signal that no pipeline behind this component carries. */
export const noWay = (key: string, signal: Signal): CollectorError =>
  new CollectorError('rejected', `${key} stands in no pipeline that carries ${signal}`)

export const noNext = (key: string): CollectorError =>
  new CollectorError('plugin_failed', `${key} is an exporter: nothing follows it`)
