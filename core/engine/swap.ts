/**
 * Puts another component into a place while records keep coming: they wait in front of it, in order. What the place has
 * (counts, books, health, queue) stays; what the component held it hands on when it is stopped.
 */
import { CollectorError } from '../kit/errors.ts'
import type { CollectorConfig, ComponentConfig, SendingQueueOptions } from '../config/types.ts'
import type { Branch, QueueBranch } from './branch.ts'
import { branchOf, branchesOf, giveLetters, lettersOf, senderOf, type ExporterPart } from './branches.ts'
import type { Core } from './core.ts'
import { differences } from './differences.ts'
import type { Instance, Life } from './instance.ts'
import { isExporter, isReceiver, isStation, ledgerIn, type Part, type Plant, type Station } from './plant.ts'
import { bring, type ContextOf } from './start.ts'
import { endLife } from './stop.ts'

/** How long a processor with open calls may go on before it is told to flush: its calls may wait for just that. */
const QUIET_MS = 250
/** How long an exporter may go on with what it is sending. */
const SENDING_MS = 5_000
/** How long a component may take to stop before the next one begins; it may go on beside it. */
const ENDING_MS = 2_000
/** What comes later waits for what a component has; when nothing of that moves for so long, it may be overtaken, */
const STUCK_MS = 30_000
/** and after this long where it waits for what follows. */
const BLOCKED_MS = 300_000

export interface Swapping {
  readonly core: Core
  readonly plant: Plant
  readonly contextOf: ContextOf
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
  const all = branchesOf(part)
  for (const branch of all) branch.hold()
  await within(core, SENDING_MS, Promise.all(all.map((branch) => branch.quiet())))
}

/** Ends a processor or connector, and resolves when it has handed on all it had: what it held, and what calls brought in. */
const endStation = async (core: Core, part: Station, earlier: Promise<void> | undefined): Promise<void> => {
  const { instance } = part
  const { life } = instance
  await earlier
  await within(core, QUIET_MS, part.quiet())
  await within(core, ENDING_MS, part.passed())
  let isOver = false
  const over = Promise.all([endLife(core, instance, life, replacing()), part.empty()]).then(() => (isOver = true))
  for (let [still, moves] = [0, part.progress.moves]; !isOver && !core.hard.aborted;) {
    await within(core, STUCK_MS, over)
    const { progress } = part
    still = progress.moves === moves ? still + STUCK_MS : 0
    moves = progress.moves
    if (!isOver && still >= (progress.isWaiting ? BLOCKED_MS : STUCK_MS)) {
      core.env.log.warn(`${instance.key}: gets no further with what it has; what came later goes on`)
      return part.desert()
    }
  }
}

const takeOutStation = async ({ core, plant }: Swapping, part: Station): Promise<void> => {
  part.hold()
  const passing = endStation(core, part, plant.passing.get(part)).then(() => {
    if (plant.passing.get(part) === passing) plant.passing.delete(part)
  })
  plant.passing.set(part, passing)
  await within(core, QUIET_MS + ENDING_MS, passing)
}

/** Takes the component out; its place is held until `letGo`. */
export const takeOut = async (swapping: Swapping, part: Part): Promise<void> => {
  const { core } = swapping
  const { instance } = part
  if (isStation(part)) return takeOutStation(swapping, part)
  if (isReceiver(part)) part.source.hold()
  if (isExporter(part)) await holdBranches(core, part)
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

/** The queue in a folder that was left and is wanted again: what comes now stands behind a fence in it. */
const comeBack = async (core: Core, { key }: Instance, queue: QueueBranch): Promise<void> => {
  let isSet = false
  const setting = queue.fence().then(() => (isSet = true))
  await within(core, ENDING_MS, setting)
  if (isSet) return
  void setting.then(() => queue.unfence())
  throw new CollectorError('start_failed', `the disk does not answer: ${key} still writes to ${queue.folder}`)
}

/** Gives an exporter the queue its configuration wants; the one it had is emptied first, into the same component. */
const changeBranch = async ({ core, plant }: Swapping, part: ExporterPart): Promise<void> => {
  const { instance, branch, former } = part
  if (staysIn(core, branch, instance)) return
  await part.closing
  const left = former.find((one) => one.kind === 'queue' && one.folder !== undefined && staysIn(core, one, instance))
  const next = left ?? branchOf(core, instance, ledgerIn(plant))
  if (next.kind === 'queue') await (left ? comeBack(core, instance, next) : next.open())
  next.hold()
  part.branch = next
  part.former = [...former, branch]
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
  await bring({ core: swapping.core, contextOf: swapping.contextOf, config: to, created: () => {} }, part)
}

const resume = (core: Core, instance: Instance, branch: Branch, own: boolean): void => {
  const { sendingQueue } = instance.config.engine
  if (branch.kind === 'live') branch.release()
  else if (branch.kind === 'direct') branch.release(senderOf(core, instance, false))
  else branch.release(senderOf(core, instance, true), own ? sendingQueue : undefined)
}

const close = async (part: ExporterPart, branch: Branch): Promise<void> => {
  if (branch.kind === 'direct') branch.close()
  if (branch.kind !== 'queue') return
  branch.halt()
  part.closing = branch.close()
  await part.closing
}

/** Former queues are emptied one after the other, each into the component that is there now; then the branch's own begins. */
const resumeInTurn = async (core: Core, part: ExporterPart): Promise<void> => {
  const turn = ++part.turn
  const { instance, branch } = part
  for (let [one] = part.former; one; [one] = part.former) {
    const former: Branch = one
    const later = [...part.former.slice(1), branch]
    const isFenced = former.kind === 'queue' && later.includes(former)
    resume(core, instance, former, false)
    await (former.kind !== 'queue' ? former.idle() : isFenced ? former.toFence() : former.empty())
    if (core.hard.aborted || part.turn !== turn) return
    part.former = part.former.slice(1)
    if (isFenced) {
      // What stands behind the fence waits for its own turn.
      former.hold()
      former.lift()
    } else await close(part, former)
    if (core.hard.aborted || part.turn !== turn) return
  }
  resume(core, instance, branch, true)
}

/** Records go on. */
export const letGo = ({ core, plant }: Swapping, part: Part): void => {
  if (isReceiver(part)) part.source.release()
  if (isStation(part)) {
    const passing = plant.passing.get(part)
    if (!passing) part.release()
    else void passing.then(() => (plant.passing.has(part) ? undefined : part.release()))
  }
  if (isExporter(part)) part.emptying = resumeInTurn(core, part)
}

/** Back to what was before `putIn`. */
export const putBack = async (
  swapping: Swapping,
  part: Part,
  { before, failed, config }: { readonly before: Before; readonly failed: Life; readonly config: CollectorConfig },
): Promise<void> => {
  const { core } = swapping
  const { instance } = part
  await within(core, ENDING_MS, endLife(core, instance, failed, replacing()))
  if (instance.letters !== before.letters) instance.letters = before.letters
  if (isExporter(part) && before.branch && part.branch !== before.branch) {
    const { branch } = part
    part.former = before.former
    part.branch = before.branch
    if (branch.kind === 'queue') await (before.former.includes(branch) ? branch.unfence() : branch.close())
  }
  instance.renew(before.config)
  try {
    await bring({ core, contextOf: swapping.contextOf, config, created: () => {} }, part)
  } catch (thrown) {
    const { message } = CollectorError.from(thrown)
    instance.health.observe('failed', message)
    core.env.log.error(`${instance.key}: could not go on as before`, { reason: message })
  }
}
