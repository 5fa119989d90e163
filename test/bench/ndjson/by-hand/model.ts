/** W1 on the record model alone: its public API with path handles, no engine. `node model.ts IN OUT` */
import { openSync, readSync, writeSync } from 'node:fs'
import { decode, path } from '../../../../core/model/index.ts'

const [input, output] = process.argv.slice(2) as [string, string]
const CHUNK = 1 << 20
const severity = path(['body', 'metadata', 'severity'])
const env = path(['body', 'metadata', 'env'])
const region = path(['body', 'metadata', 'region'])
const collector = path(['body', 'collector'])
const agentId = path(['body', 'data', 'agent_id'])
const agent = path(['body', 'data', 'agent'])
const category = path(['body', 'metadata', 'category'])

const from = openSync(input, 'r')
const to = openSync(output, 'w')
let rest = Buffer.alloc(0)
let at = 0
for (;;) {
  const bytes = Buffer.allocUnsafeSlow(rest.length + CHUNK)
  rest.copy(bytes)
  const read = readSync(from, bytes, rest.length, CHUNK, at)
  if (read === 0) break
  at += read
  const end = bytes.lastIndexOf(10, rest.length + read - 1) + 1
  const lines = bytes.subarray(0, end)
  rest = bytes.subarray(end, rest.length + read)
  const kept = decode('logs', 'json', lines).filter((record) => record.get(severity) !== 'debug')
  const edited = kept.edit((draft) => {
    draft.set(env, 'production')
    draft.set(region, 'eu-central-1')
    draft.set(collector, 'seneca')
    const name = draft.record.get(agentId)
    if (name !== undefined) {
      draft.set(agent, name)
      draft.delete(agentId)
    }
    const text = draft.record.get(category)
    if (typeof text === 'string') draft.set(category, text.toUpperCase())
  })
  for (const piece of edited.encode('body')) writeSync(to, piece)
}
