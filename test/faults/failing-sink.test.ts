/** The long run against a failing destination (`npm run soak:sink`), cut short: kills, a queue on disk, one arrival at least. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../architecture/sources.ts'

it('loses no line to a destination that fails most of the time, though the collector is killed', async () => {
  const args = ['--minutes', '0.25', '--rate', '5000', '--seed', '4']
  const child = spawn(process.execPath, [join(root, 'test/soak/sink.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/\nevery line arrived\n$/) as string })
  expect(Number(/(\d+) kills/.exec(text)?.[1])).toBeGreaterThan(0)
}, 240_000)
