/**
 * Puts another component into a place while records keep coming: they wait in front of it, in order. What the place has
 * (counts, books, health, queue) stays; what the component held it hands on when it is stopped.
 */
import { CollectorError } from '../kit/errors.ts'
import type { Context } from '../kit/context.ts'
import type { CollectorConfig, ComponentConfig, SendingQueueOptions } from '../config/types.ts'
import type { Branch } from './branch.ts'
import { branchOf, giveLetters, lettersOf, senderOf, type ExporterPart } from './branches.ts'
import type { Core } from './core.ts'
import { differences } from './differences.ts'
import type { Instance, Life } from './instance.ts'
import { isExporter, isReceiver, isStation, ledgerIn, type Part, type Plant } from './plant.ts'
import { bring } from './start.ts'
import { endLife } from './stop.ts'

/** How long a processor with open calls may go on before it is told to flush: its calls may wait for just that. */
const QUIET_MS = 250
/** How long an exporter may go on with what it is sending. */
const SENDING_MS = 5_000
/** How long a component may take to stop before the next one begins; it may go on beside it. */
const ENDING_MS = 2_000

export interface Swapping {
  readonly core: Core
  readonly plant: Plant
  readonly contextOf: (part: Part) => Context
}

/** Waits for it, but no longer than that, nor past the end of the collector. */
export const within = async ({ env, hard }: Core, ms: number, promise: Promise<unknown>): Promise<void> => {
  const over = Promise.withResolvers<void>()
  const cancel = env.clock.after(ms, over.resolve)
  const give = (): void => over.resolve()
  hard.addEventListener('abort', give)
  await Promise.race([promise.catch(() => {}), over.promise])
  hard.removeEventListener('abort', give)
  cancel()
}

export const replacing = (): CollectorError =>
  new CollectorError('stopping', 'it is being replaced by one with another configuration', { retryable: true })

/** Nothing more goes to an exporter; what it was sending is through, or has had its time. */
export const holdBranches = async (core: Core, part: ExporterPart): Promise<void> => {
  part.turn++
  const all = [part.branch, ...part.former]
  for (const branch of all) branch.hold()
  await within(core, SENDING_MS, Promise.all(all.map((branch) => branch.quiet())))
}

/** Takes the component out; its place is held until `settle`. */
export const takeOut = async ({ core }: Swapping, part: Part): Promise<void> => {
  const { instance } = part
  if (isReceiver(part)) part.source.hold()
  if (isStation(part)) {
    part.hold()
    await within(core, QUIET_MS, part.quiet())
  }
  if (isExporter(part)) {
    await holdBranches(core, part)
  }
  await within(core, ENDING_MS, endLife(core, instance, instance.life, replacing()))
}

/** What a place had, so that it can be put back. */
export interface Before {
  readonly config: ComponentConfig
  readonly letters: Instance['letters']
  readonly branch: Branch | undefined
  readonly former: readonly Branch[]
}

export const beforeOf = (part: Part): Before => ({
  config: part.instance.config,
  letters: part.instance.letters,
  branch: isExporter(part) ? part.branch : undefined,
  former: isExporter(part) ? part.former : [],
})

const changeLetters = async (
  core: Core,
  instance: Instance,
  before: ComponentConfig,
  from: CollectorConfig,
  to: CollectorConfig,
): Promise<void> => {
  if (differences(lettersOf(from, before), lettersOf(to, instance.config)).length === 0) return
  giveLetters(core, instance, to)
  await instance.letters?.open()
}

/** A queue stays where it is unless it is to stand elsewhere. */
const staysIn = (core: Core, branch: Branch, { key, config }: Instance): boolean => {
  const wanted: SendingQueueOptions | undefined = config.engine.sendingQueue
  if (branch.kind === 'live') return config.definition.delivery === 'best_effort'
  if (branch.kind === 'direct') return wanted === undefined
  if (!wanted) return false
  if (branch.spills !== (wanted.storage !== undefined && wanted.onFull === 'spill')) return false
  return branch.folder === (wanted.storage && core.storehouse.folderOf('queues', key, wanted.storage))
}

/** Gives an exporter the queue its configuration wants; the one it had is emptied first, into the same component. */
const changeBranch = async ({ core, plant }: Swapping, part: ExporterPart): Promise<void> => {
  const { instance, branch } = part
  if (staysIn(core, branch, instance)) return
  await part.closing
  // One that is still being emptied is the branch's own again, and keeps what it has.
  const known = part.former.find((one) => staysIn(core, one, instance))
  const next = known ?? branchOf(core, instance, ledgerIn(plant))
  if (!known && next.kind === 'queue') await next.open()
  next.hold()
  part.branch = next
  part.former = [...part.former.filter((one) => one !== known), branch]
}

/** What the engine does around the component, by the new configuration. */
export const rearrange = async (
  swapping: Swapping,
  part: Part,
  before: ComponentConfig,
  from: CollectorConfig,
  to: CollectorConfig,
): Promise<void> => {
  await changeLetters(swapping.core, part.instance, before, from, to)
  if (isExporter(part)) await changeBranch(swapping, part)
}

/** Starts the component that the configuration describes in a place that is empty. */
export const putIn = async (
  swapping: Swapping,
  part: Part,
  config: ComponentConfig,
  from: CollectorConfig,
  to: CollectorConfig,
): Promise<void> => {
  const { instance } = part
  const before = instance.config
  instance.renew(config)
  await rearrange(swapping, part, before, from, to)
  await bring({ core: swapping.core, contextOf: swapping.contextOf, created: () => {} }, part)
}

/** Former queues are emptied one after the other, then the branch's own begins. */
const empty = async (core: Core, part: ExporterPart, turn: number): Promise<void> => {
  for (let [former] = part.former; former; [former] = part.former) {
    const one = former
    await (one.kind === 'queue' ? one.empty() : one.idle())
    if (core.hard.aborted || part.turn !== turn) return
    part.former = part.former.filter((branch) => branch !== one)
    if (one.kind === 'direct') one.close()
    if (one.kind === 'queue') {
      one.halt()
      part.closing = one.close()
      await part.closing
    }
  }
}

const resume = (core: Core, instance: Instance, branch: Branch, own: boolean): void => {
  const { sendingQueue } = instance.config.engine
  if (branch.kind === 'live') branch.release()
  else if (branch.kind === 'direct') branch.release(senderOf(core, instance, false))
  else branch.release(senderOf(core, instance, true), own ? sendingQueue : undefined)
}

/** Records go on. */
export const letGo = ({ core }: Swapping, part: Part): void => {
  if (isReceiver(part)) part.source.release()
  if (isStation(part)) part.release()
  if (!isExporter(part)) return
  const { instance, branch, former } = part
  for (const one of former) resume(core, instance, one, false)
  if (former.length === 0) return resume(core, instance, branch, true)
  const turn = ++part.turn
  part.emptying = empty(core, part, turn).then(() => {
    if (part.turn === turn && !core.hard.aborted) resume(core, instance, branch, true)
  })
}

/** Back to what was before `putIn`. */
export const putBack = async (swapping: Swapping, part: Part, before: Before, failed: Life): Promise<void> => {
  const { core } = swapping
  const { instance } = part
  await within(core, ENDING_MS, endLife(core, instance, failed, replacing()))
  if (instance.letters !== before.letters) instance.letters = before.letters
  if (isExporter(part) && before.branch && part.branch !== before.branch) {
    const { branch } = part
    part.former = before.former
    part.branch = before.branch
    if (branch.kind === 'queue' && !before.former.includes(branch)) await branch.close()
  }
  instance.renew(before.config)
  try {
    await bring({ core, contextOf: swapping.contextOf, created: () => {} }, part)
  } catch (thrown) {
    const { message } = CollectorError.from(thrown)
    instance.health.observe('failed', message)
    core.env.log.error(`${instance.key}: could not go on as before`, { reason: message })
  }
}
