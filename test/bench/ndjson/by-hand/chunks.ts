/** W1 by hand, as fast as objects go: 1 MiB chunks, split, JSON.parse, JSON.stringify. `node chunks.ts IN OUT` */
import { openSync, readSync, writeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { change } from './change.ts'

const [input, output] = process.argv.slice(2) as [string, string]
const from = openSync(input, 'r')
const to = openSync(output, 'w')
const buffer = Buffer.allocUnsafeSlow(1 << 20)
const decoder = new StringDecoder('utf8')
let rest = ''
for (let read = 0; (read = readSync(from, buffer)) > 0;) {
  const lines = (rest + decoder.write(buffer.subarray(0, read))).split('\n')
  rest = lines.pop()!
  let text = ''
  for (const line of lines) text += change(line) ?? ''
  writeSync(to, text)
}
