/** Runs the steps of one test on a rig, and says what did not come out as expected. */
import { setTimeout as pause } from 'node:timers/promises'
import type { CollectorConfig } from '../../config/types.ts'
import { didYouMean } from '../../config/suggest.ts'
import { factsOf } from '../sample/facts.ts'
import { changesBetween } from '../sample/difference.ts'
import type { Change } from '../sample/difference.ts'
import type { Batch } from '../../model/index.ts'
import type { Failure } from '../sample/verdict.ts'
import { placeOf } from '../sample/yaml.ts'
import { startRig } from './rig.ts'
import type { ConfigRig } from './rig.ts'
import type { ConfigTest, Expectation, Expected, Step } from './steps.ts'

/** Analysis runs in threads of its own: what is expected may come a moment of real time later. */
const WAIT_MS = 3_000
const POLL_MS = 10

const unknown = (id: string, kind: string, known: readonly string[], node: Step['node']): Failure => ({
  message: `there is no ${kind} '${id}' in a pipeline; ${didYouMean(id, known) ?? `there are ${known.join(', ')}`}`,
  span: node.span,
  changes: [],
})

const send = (rig: ConfigRig, step: Extract<Step, { kind: 'send' }>): readonly Failure[] => {
  const receiver = step.receiver ?? (rig.receivers.length === 1 ? rig.receivers[0] : undefined)
  if (receiver === undefined) {
    const message = `say which receiver gets it: { receiver: …, records: … }; there are ${rig.receivers.join(', ')}`
    return [{ message, span: step.node.span, changes: [] }]
  }
  if (!rig.receivers.includes(receiver)) return [unknown(receiver, 'receiver', rig.receivers, step.node)]
  for (const { sample } of step.samples) rig.send(receiver, sample.batch)
  return []
}

const countOf = ({ records }: Expectation): number => (typeof records === 'number' ? records : records.length)

const differences = ({ sample }: Expected, batch: Batch): readonly Change[] =>
  changesBetween(factsOf(sample.batch, sample.face), factsOf(batch, sample.face), true)

/** Each expected record is among what came; where one is not, the difference to the nearest that came. */
const judgeAmong = (exporter: string, records: readonly Expected[], got: readonly Batch[]): readonly Failure[] =>
  records.flatMap((expected) => {
    const all = got.map((batch) => differences(expected, batch))
    if (all.some((changes) => changes.length === 0)) return []
    const changes = all.toSorted((a, b) => a.length - b.length)[0] ?? []
    const message = `${exporter} got ${got.length} record${got.length === 1 ? '' : 's'}, none like this (- expected, + the nearest)`
    return [{ message, span: placeOf(expected.node, changes[0]?.path ?? ''), changes }]
  })

const judge = (rig: ConfigRig, expectation: Expectation): readonly Failure[] => {
  const { exporter, records, among, node } = expectation
  const got = rig.take(exporter)
  if (among && typeof records !== 'number') return judgeAmong(exporter, records, got)
  const failures: Failure[] = []
  if (typeof records !== 'number') {
    records.forEach((expected, i) => {
      const batch = got[i]
      const changes = batch === undefined ? [] : differences(expected, batch)
      if (changes.length === 0) return
      const message = `${exporter} got another record (- expected, + got)`
      failures.push({ message, span: placeOf(expected.node, changes[0]!.path), changes })
    })
  }
  const expected = countOf(expectation)
  if (got.length === expected) return failures
  const rest = got.slice(typeof records === 'number' ? 0 : records.length)
  const changes = rest.flatMap((batch) =>
    changesBetween(new Map(), factsOf(batch, batch.signal === 'logs' ? 'event' : 'record')),
  )
  const message = `${exporter} got ${got.length} record${got.length === 1 ? '' : 's'}, expected ${expected === 0 ? 'none' : expected}`
  return [...failures, { message, span: node.span, changes }]
}

const expectAll = async (rig: ConfigRig, step: Extract<Step, { kind: 'expect' }>): Promise<readonly Failure[]> => {
  const known = step.expectations.filter(({ exporter }) => rig.exporters.includes(exporter))
  const isShort = (): boolean => known.some((each) => rig.look(each.exporter).length < countOf(each))
  for (let waited = 0; isShort() && waited < WAIT_MS; waited += POLL_MS) {
    await pause(POLL_MS)
    await rig.clock.settle()
  }
  return step.expectations.flatMap((expectation) =>
    known.includes(expectation)
      ? judge(rig, expectation)
      : [unknown(expectation.exporter, 'exporter', rig.exporters, expectation.node)],
  )
}

const runStep = async (rig: ConfigRig, step: Step): Promise<readonly Failure[]> => {
  switch (step.kind) {
    case 'send': {
      const failures = send(rig, step)
      await rig.clock.settle()
      return failures
    }
    case 'advance':
      await rig.clock.advance(step.ms)
      return []
    case 'destination':
      for (const [exporter, state] of step.states) {
        if (!rig.exporters.includes(exporter)) return [unknown(exporter, 'exporter', rig.exporters, step.node)]
        rig.setState(exporter, state)
      }
      return []
    case 'expect':
      return expectAll(rig, step)
  }
}

export const runConfigTest = async (config: CollectorConfig, test: ConfigTest): Promise<readonly Failure[]> => {
  const rig = await startRig(config, test.startMs)
  const failures: Failure[] = []
  try {
    for (const step of test.steps) failures.push(...(await runStep(rig, step)))
  } finally {
    await rig.stop()
  }
  return failures
}
