/** What processors and connectors must keep while records flow: acks, rejections and the balance. */
import { logs } from '../../model/index.ts'
import type { Batch } from '../../model/types.ts'
import { CollectorError } from '../errors.ts'
import { check, equal } from './check.ts'
import type { ConformanceCheck } from './conformance.ts'
import type { Harness } from './harness.ts'
import { seededRandom } from './seeded-random.ts'

interface FlowCases {
  readonly input: (() => readonly Batch[]) | undefined
  readonly acksEarly: boolean
  readonly consumes: boolean
}
type Start = (run: (test: Harness) => Promise<void>) => Promise<void>

const EVENTS = 20
const BATCH = 4
const FAILURE_RATE = 0.4
/** A batch that is refused this often in a row shows a bug, not bad luck. */
const ATTEMPTS_MAX = 200
/** How far the clock may go for a call that waits for a timer. */
const WAIT_MS = 60_000

const twentyEvents = (): Batch[] =>
  Array.from({ length: EVENTS / BATCH }, (_, b) =>
    logs(
      Array.from({ length: BATCH }, (_, i) => ({
        time: BigInt(b * BATCH + i + 1) * 1_000_000_000n,
        severity: 9,
        eventName: 'task.progressed',
        body: `event ${b * BATCH + i}`,
        attributes: { 'log.record.uid': `uid-${b * BATCH + i}`, 'marcus.task.id': `t${i}` },
      })),
    ),
  )

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)

/** Records accounted for so far, whatever became of them. */
const accounted = (test: Harness): number =>
  test.batches.reduce((n, batch) => n + batch.count, 0) +
  sum(test.filtered) +
  sum(test.dropped) +
  test.refused.reduce((n, { batch }) => n + batch.count, 0) +
  test.held -
  test.created

/** A call that may wait for a timer of the component's own. */
const settled = async (test: Harness, call: Promise<void>): Promise<'accepted' | CollectorError> => {
  const outcome = call.then(
    () => 'accepted' as const,
    (error: unknown) => CollectorError.from(error),
  )
  let answer: 'accepted' | CollectorError | undefined
  void outcome.then((value) => (answer = value))
  await test.clock.settle()
  for (let waited = 0; answer === undefined && waited < WAIT_MS; waited += 1_000) await test.clock.advance(1_000)
  check(answer !== undefined, 'consume did not settle within a minute')
  return answer
}

const unavailable = (): CollectorError =>
  new CollectorError('unavailable', 'the next step is down', { retryable: true })

const propagates = async (test: Harness, input: readonly Batch[]): Promise<void> => {
  await test.start()
  let calls = 0
  test.follow(() => {
    calls++
    throw unavailable()
  })
  for (const batch of input) {
    const before = calls
    const outcome = await settled(test, test.consume(batch))
    if (calls > before) check(outcome !== 'accepted', 'a batch was acked although what follows rejected it')
  }
  test.follow(() => {})
  await test.stop()
}

const keepsBalance = async (
  test: Harness,
  input: readonly Batch[],
  { acksEarly, consumes }: FlowCases,
): Promise<void> => {
  const random = seededRandom(7)
  await test.start()
  test.follow(() => {
    if (random() < FAILURE_RATE) throw unavailable()
  })
  const total = input.reduce((n, batch) => n + batch.count, 0)
  for (const batch of input) {
    let outcome: 'accepted' | CollectorError | undefined
    for (let attempt = 0; attempt < ATTEMPTS_MAX && outcome !== 'accepted'; attempt++) {
      const before = accounted(test)
      outcome = await settled(test, test.consume(batch))
      if (outcome === 'accepted' && !acksEarly && !consumes)
        equal(accounted(test) - before, batch.count, 'records of an acked batch that were accounted for')
    }
    check(outcome === 'accepted', `a batch was refused ${ATTEMPTS_MAX} times`)
  }
  test.follow(() => {})
  await test.stop()
  equal(test.held, 0, 'records still held after stop')
  if (acksEarly && !consumes)
    check(accounted(test) >= total, `${total - accounted(test)} records were lost without a count`)
}

export const flowChecks = (start: Start, cases: FlowCases): ConformanceCheck[] => {
  const input = cases.input ?? twentyEvents
  const checks: ConformanceCheck[] = [
    {
      name: 'takes an empty batch',
      run: () =>
        start(async (test) => {
          await test.start()
          equal(await settled(test, test.consume(logs([]))), 'accepted', 'the answer to an empty batch')
          await test.stop()
        }),
    },
    {
      name: 'keeps the balance under random failures',
      run: () => start((test) => keepsBalance(test, input(), cases)),
    },
  ]
  if (!cases.acksEarly)
    checks.push({ name: 'hands a rejection back', run: () => start((test) => propagates(test, input())) })
  return checks
}
