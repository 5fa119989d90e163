/**
 * `npm run bench -- [W1 W2 …] [--records N] [--rounds 3] [--only NAME]`: the workloads, beside the peers that this machine
 * has or can build. Exit code 1 when a gate is missed or an output is wrong.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { w1 } from './w1.ts'
import { w2, w2gzip, w2k } from './w2.ts'
import { w3 } from './w3.ts'
import { w4 } from './w4.ts'
import { w5 } from './w5.ts'
import { w6 } from './w6.ts'
import { w7 } from './w7.ts'
import { w8, w8kill, w8sync } from './w8.ts'
import { runWorkload, type BenchOptions, type Workload } from './workload.ts'

const workloads: Readonly<Record<string, (options: BenchOptions) => Promise<Workload>>> = {
  W1: w1,
  W2: w2,
  W2k: w2k,
  W2gzip: w2gzip,
  W3: w3,
  W4: w4,
  W5: w5,
  W6: w6,
  W7: w7,
  W8: w8,
  W8sync: w8sync,
  W8kill: w8kill,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) {
  console.log(`npm run bench -- [${Object.keys(workloads).join(' ')}] [--records N] [--rounds 3] [--only NAME]`)
  process.exit(0)
}

const unknown = positionals.filter((name) => !Object.hasOwn(workloads, name))
if (unknown.length > 0) {
  console.error(`no workload ${unknown.join(', ')}; there are ${Object.keys(workloads).join(', ')}`)
  process.exit(2)
}

// What is measured is what an install has: the sources as they are, bundled.
execFileSync(process.execPath, [join(import.meta.dirname, '../package/bundle.ts')], { stdio: 'inherit' })

const options: BenchOptions = {
  records: values.records === undefined ? undefined : Number(values.records),
  rounds: Number(values.rounds),
  only: values.only,
}
let isMet = true
for (const name of positionals.length > 0 ? positionals : Object.keys(workloads))
  isMet = (await runWorkload(await workloads[name]!(options), options)) && isMet
process.exitCode = isMet ? 0 : 1
