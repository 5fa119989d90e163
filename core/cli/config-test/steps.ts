/** A test of a configuration as it is written: steps with their places. */
import { parseDuration } from '../../kit/options.ts'
import { CollectorError } from '../../kit/errors.ts'
import type { Node } from '../../config/node.ts'
import { describe } from '../../config/node.ts'
import type { Problems } from '../../config/problems.ts'
import { sampleOf } from '../sample/read.ts'
import type { Sample } from '../sample/read.ts'
import { itemsOf, membersOf, textOf, valueOf } from '../sample/yaml.ts'

interface Placed {
  readonly node: Node
}
export interface Expected extends Placed {
  readonly sample: Sample
}
/** What an exporter is to have been given since the last time it was asked. */
export interface Expectation extends Placed {
  readonly exporter: string
  /** A number of records, or the records in their order. */
  readonly records: number | readonly Expected[]
  /** These are among what it got, in any order. */
  readonly among: boolean
}
export type Step =
  | (Placed & { readonly kind: 'send'; readonly receiver: string | undefined; readonly samples: readonly Expected[] })
  | (Placed & { readonly kind: 'advance'; readonly ms: number })
  | (Placed & { readonly kind: 'expect'; readonly expectations: readonly Expectation[] })
  | (Placed & { readonly kind: 'destination'; readonly states: ReadonlyMap<string, 'up' | 'down'> })

export interface ConfigTest extends Placed {
  readonly name: string
  readonly startMs: number | undefined
  readonly steps: readonly Step[]
}

const samples = (node: Node | undefined, what: string, problems: Problems): readonly Expected[] =>
  itemsOf(node, what, problems).flatMap((item) => {
    try {
      return [{ node: item, sample: sampleOf(valueOf(item)) }]
    } catch (thrown) {
      if (!(thrown instanceof CollectorError)) throw thrown
      problems.add({ message: thrown.message, span: item.span })
      return []
    }
  })

const readSend = (node: Node, problems: Problems): Step => {
  if (node.kind === 'list') return { kind: 'send', node, receiver: undefined, samples: samples(node, 'send', problems) }
  const members = membersOf(node, 'send', ['receiver', 'records'], problems)
  const receiver = textOf(members.receiver, 'receiver', problems)
  return { kind: 'send', node, receiver, samples: samples(members.records, 'records', problems) }
}

const readAdvance = (node: Node, problems: Problems): Step => {
  const ms = node.kind === 'scalar' && typeof node.value === 'string' ? parseDuration(node.value) : undefined
  if (ms === undefined)
    problems.add({ message: `advance is a duration such as 10m, not ${describe(node)}`, span: node.span })
  else if (ms < 0) problems.add({ message: 'time goes forward only', span: node.span })
  return { kind: 'advance', node, ms: ms ?? 0 }
}

const entriesOf = (node: Node, what: string, problems: Problems): readonly (readonly [string, Node])[] => {
  if (node.kind === 'map') return [...node.entries].map(([key, { value }]) => [key, value] as const)
  problems.add({ message: `${what} is a map by exporter, not ${describe(node)}`, span: node.span })
  return []
}

/** `none`, or how many. */
const countIn = (node: Node): number | undefined => {
  if (node.kind !== 'scalar') return undefined
  if (node.value === 'none') return 0
  return typeof node.value === 'number' && Number.isInteger(node.value) && node.value >= 0 ? node.value : undefined
}

/** The records an exporter is to get. One that is asked for nothing would get along with anything. */
const expectedOf = (node: Node, exporter: string, problems: Problems): readonly Expected[] => {
  if (node.kind === 'list') return samples(node, `what ${exporter} is to get`, problems)
  if (node.kind === 'map') {
    const { includes } = membersOf(node, `what ${exporter} is to get`, ['includes'], problems)
    if (includes !== undefined) return samples(includes, 'includes', problems)
  }
  const message = `what ${exporter} is to get is none, a number, a list of records or { includes: [records] }, not ${describe(node)}`
  problems.add({ message, span: node.span })
  return []
}

const readExpect = (node: Node, problems: Problems): Step => ({
  kind: 'expect',
  node,
  expectations: entriesOf(node, 'expect', problems).map(([exporter, value]) => ({
    node: value,
    exporter,
    records: countIn(value) ?? expectedOf(value, exporter, problems),
    among: value.kind === 'map',
  })),
})

const readDestination = (node: Node, problems: Problems): Step => {
  const states = new Map<string, 'up' | 'down'>()
  for (const [exporter, value] of entriesOf(node, 'destination', problems)) {
    const state = value.kind === 'scalar' ? value.value : undefined
    if (state === 'up' || state === 'down') states.set(exporter, state)
    else problems.add({ message: `a destination is up or down, not ${describe(value)}`, span: value.span })
  }
  return { kind: 'destination', node, states }
}

const readers = { send: readSend, advance: readAdvance, expect: readExpect, destination: readDestination } as const
type Kind = keyof typeof readers
const kinds = Object.keys(readers) as Kind[]

const readStep = (node: Node, problems: Problems): readonly Step[] => {
  const members = membersOf(node, 'a step', kinds, problems)
  const given = kinds.filter((kind) => members[kind] !== undefined)
  if (given.length > 1)
    problems.add({
      message: `a step does one thing, not ${given.join(' and ')}; write one step for each`,
      span: node.span,
    })
  if (node.kind === 'map' && node.entries.size === 0)
    problems.add({ message: `a step does one thing: ${kinds.join(', ')}`, span: node.span })
  return given.slice(0, 1).map((kind) => readers[kind](members[kind]!, problems))
}

const readStart = (node: Node | undefined, problems: Problems): number | undefined => {
  const text = textOf(node, 'start', problems)
  if (text === undefined) return undefined
  const ms = Date.parse(text)
  if (!Number.isNaN(ms)) return ms
  problems.add({ message: `start is a time such as 2026-01-05T09:00:00Z, not '${text}'`, span: node!.span })
  return undefined
}

export const readConfigTest = (node: Node, number: number, problems: Problems): ConfigTest => {
  const members = membersOf(node, 'a test', ['name', 'start', 'steps'], problems)
  if (members.steps === undefined) problems.add({ message: 'a test needs steps', span: node.span })
  return {
    node,
    name: textOf(members.name, 'name', problems) ?? `test ${number}`,
    startMs: readStart(members.start, problems),
    steps: itemsOf(members.steps, 'steps', problems).flatMap((step) => readStep(step, problems)),
  }
}
