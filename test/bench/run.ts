/**
 * `npm run bench -- [W1 …] [--events 1000000] [--rounds 3] [--only name]`: the workloads, beside whatever peers the
 * machine has. Exit code 1 when a gate is missed or an output is wrong.
 */
import { parseArgs } from 'node:util'
import { w1 } from './w1.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [] },
  },
})

const workloads = { W1: w1 }
let isMet = true
for (const [name, workload] of Object.entries(workloads)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const options = { events: Number(values.events), rounds: Number(values.rounds), only: values.only }
  isMet = (await workload(options)) && isMet
}
process.exitCode = isMet ? 0 : 1
