/**
 * `npm run bench:ottl`: one condition and three sets on a log record, ours beside the reference implementation (built once
 * where Go is present), on the same bytes: CPU nanoseconds a record (of all threads) for the statements alone, and for OTLP bytes in to OTLP
 * bytes out.
 */
import { execFileSync } from 'node:child_process'
import { decode, logs } from '../../core/model/index.ts'
import { compileStatements, editBatch } from '../../core/ottl/index.ts'
import { peer } from '../peers/peers.ts'

const RECORDS = 1_000
const ROUNDS = 600
const WARM_UP = 200

const condition = 'resource.attributes["service.name"] == "marcus" and log.severity_number >= 9'
const statements = [
  'set(log.attributes["env"], "prod")',
  'set(log.attributes["agent"], log.attributes["marcus.agent.id"])',
  'set(log.severity_text, "INFO")',
]

const request = Buffer.concat(
  logs(
    Array.from({ length: RECORDS }, (_, i) => ({
      time: 1_700_000_000_000_000_000n + BigInt(i),
      severity: 9,
      eventName: 'task.progress.updated',
      body: `task T-${i} is at ${i % 100} %`,
      attributes: {
        'marcus.agent.id': `agent-${i % 7}`,
        'marcus.task.id': `T-${i}`,
        'marcus.progress': i % 100,
        'marcus.status': 'in_progress',
        'log.record.uid': `${i}`.padStart(32, '0'),
        'seneca.source': 'marcus',
      },
    })),
    { resource: { attributes: { 'service.name': 'marcus', 'host.name': 'h1' } } },
  ).encode('otlp_proto'),
)

interface Figures {
  readonly statements: number
  readonly whole: number
}

/** Microseconds of the process and its threads so far. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

const ours = (): Figures => {
  const program = compileStatements(statements, { conditions: [condition] })
  if (program.problems.length > 0) throw new Error(program.problems[0]!.message)
  let [alone, whole] = [0, 0]
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const started = cpu()
    const batch = decode('logs', 'otlp_proto', request)
    const before = cpu()
    const { changed } = editBatch(batch, [program])
    const after = cpu()
    if (changed.encode('otlp_proto').length === 0) throw new Error('nothing came out')
    if (round < 0) continue
    alone += after - before
    whole += cpu() - started
  }
  const each = 1e3 / (ROUNDS * RECORDS)
  return { statements: alone * each, whole: whole * each }
}

const show = (name: string, figures: Figures): void =>
  console.log(
    `${name.padEnd(10)} ${figures.statements.toFixed(0).padStart(6)} ns CPU a record, bytes to bytes ${figures.whole.toFixed(0).padStart(6)} ns`,
  )

console.log(`one condition and three sets, ${RECORDS} records, ${ROUNDS} times`)
show('seneca', ours())
const reference = await peer('ottl')
if (reference.program === undefined) console.log(`pkg/ottl   ${reference.reason}`)
else {
  const answer = execFileSync(reference.program, [String(ROUNDS), condition, ...statements], { input: request })
  show('pkg/ottl', JSON.parse(answer.toString()) as Figures)
}
