/** W1 by hand, as people write it: readline, JSON.parse, JSON.stringify. `node readline.ts IN OUT` */
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { change } from './change.ts'

const [input, output] = process.argv.slice(2) as [string, string]
const to = createWriteStream(output)
for await (const line of createInterface({ input: createReadStream(input) })) {
  const event = change(line)
  if (event !== undefined && !to.write(event)) await once(to, 'drain')
}
to.end()
await once(to, 'close')
