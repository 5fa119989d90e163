/** `prove`: try the promises of docs/guarantees.md on this machine, with real processes that are killed. */
import { CollectorError } from '../kit/errors.ts'
import { faultNames, prove, type FaultName, type Proof } from '../prove/prove.ts'
import { otelcol } from '../prove/victim.ts'
import { exitCode } from './exit-codes.ts'
import { defineVerb, jsonOption } from './verb.ts'

const FAULTS_DEFAULT = 40
const RATE_DEFAULT = 1_000
const SEED_MAX = 0xffff_ffff
const SHOWN_MAX = 20

const report = (proof: Proof): string => {
  const faults = Object.entries(proof.faults)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, n]) => `  ${String(n).padStart(4)}  ${name}\n`)
    .join('')
  const numbers = [
    ['sent', proof.sent],
    ['acknowledged', proof.acked],
    ['delivered', proof.delivered],
    ['in dead letters', proof.deadLettered],
    ['delivered again (allowed, counted)', proof.duplicates],
    ['acknowledged and lost', proof.lost.length],
    ['delivered and never sent', proof.invented.length],
  ] as const
  const table = numbers.map(([name, n]) => `  ${n.toLocaleString('en-US').padStart(9)}  ${name}\n`).join('')
  const end = proof.kept
    ? 'Every acknowledged record was delivered or is in a dead letter, and nothing came that nobody had sent.\n'
    : `The promise was broken: ${[...proof.lost, ...proof.invented].slice(0, SHOWN_MAX).join(', ')}. Repeat it with --seed ${proof.seed}; what the collector left is in ${proof.folder}\n`
  return `${Math.round(proof.seconds)} s, ${proof.starts} starts, seed ${proof.seed}\n\nfaults\n${faults}\nrecords\n${table}\n${end}`
}

export const verb = defineVerb({
  name: 'prove',
  summary: 'Prove on this machine that what is acknowledged is never lost: real processes, killed at random.',
  options: {
    faults: { type: 'number', value: 'count', description: `how many faults to throw (${FAULTS_DEFAULT})` },
    seed: { type: 'number', value: 'number', description: 'repeat the faults of another proof' },
    rate: { type: 'number', value: 'records', description: `records a second, about (${RATE_DEFAULT})` },
    otelcol: {
      type: 'string',
      value: 'program',
      description: 'throw them at an OpenTelemetry Collector with a persistent queue instead',
    },
    batch: { type: 'boolean', description: 'with --otelcol: with its batch processor in front of the queue' },
    only: { type: 'strings', value: 'fault', description: `only these: ${faultNames.join(', ')}` },
    ...jsonOption,
  },
  examples: [
    ['prove', 'kills, freezes, torn files, reloads, a destination that is down or ill'],
    ['prove --faults 200 --only kill', 'two hundred times kill -9'],
    ['prove --seed 4711', 'the same faults once more'],
    ['prove --otelcol ./otelcol --batch', 'what another collector keeps of its acks'],
  ],
  async run({ options }, io) {
    const unknown = options.only.find((name) => !(faultNames as readonly string[]).includes(name))
    if (unknown !== undefined)
      throw new CollectorError('usage', `there is no fault '${unknown}'; there are ${faultNames.join(', ')}`)
    const faults = options.faults ?? FAULTS_DEFAULT
    const rate = options.rate ?? RATE_DEFAULT
    if (!(faults >= 1) || !(rate >= 1)) throw new CollectorError('usage', '--faults and --rate must be 1 or more')
    const proof = await prove({
      seed: options.seed ?? Math.floor(Math.random() * SEED_MAX),
      faults,
      rate,
      ...(options.otelcol !== undefined && { program: otelcol(options.otelcol, options.batch) }),
      ...(options.only.length > 0 && { only: options.only as readonly FaultName[] }),
      onFault: (n, fault) => {
        if (io.terminal && !options.json) io.err(`\r${n}/${faults} ${fault}\u001b[K`)
      },
      signal: io.signal,
    })
    if (io.terminal && !options.json) io.err('\r\u001b[K')
    await io.out(options.json ? `${JSON.stringify(proof)}\n` : report(proof))
    return exitCode(proof.kept ? 'ok' : 'failed')
  },
})
