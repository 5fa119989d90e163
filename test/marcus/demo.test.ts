/** The demo as a person runs it: a process of its own, with and without a terminal, and others that look in meanwhile. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { findProgram } from '../setup/programs.ts'
import { waitFor } from '../setup/wait-for.ts'
import { waitedForCores } from '../setup/waited-for-cores.ts'

const main = fileURLToPath(new URL('../../core/main.ts', import.meta.url))
const script = findProgram('script')

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup()
})

const freshDirectory = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-demo-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Running {
  readonly child: ChildProcess
  readonly output: () => string
  readonly exit: Promise<number | null>
}

const start = (command: string, args: readonly string[], env: Record<string, string> = {}): Running => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  cleanups.push(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString('utf8')))
  child.stderr.on('data', (piece: Buffer) => (output += piece.toString('utf8')))
  // Not 'exit': what it says last comes after that.
  const exit = once(child, 'close').then(([code]) => code as number | null)
  return { child, output: () => output, exit }
}

const verb = (...args: string[]): { code: number | null; out: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
  return { code: status, out: stdout + stderr }
}

describe('the demo', () => {
  it('can be looked into while it runs', async () => {
    const data = freshDirectory()
    const begun = performance.now()
    // So slow that the day lasts longer than all that is asked here.
    const demo = start(process.execPath, [main, 'demo', '--speed', '10', '--data-dir', data])
    await waitFor('the first event', () => /\d\d:\d\d:\d\d {2}system\.started/.test(demo.output()))
    // Its own time: what others took of the machine is theirs.
    expect(performance.now() - begun - waitedForCores(demo.child.pid)).toBeLessThan(10_000)
    await waitFor('agents', () => demo.output().includes('task.assigned'))

    const now = JSON.parse(verb('now', '--json', '--data-dir', data).out) as { agents: { name: string }[] }
    expect(now.agents.map(({ name }) => name)).toContain('Ana')
    expect(verb('now', '--data-dir', data).out).toMatch(/Tide Tables +[█░]+ +\d+ %/)
    const tapped = verb('tap', 'task.*', '--limit', '1', '--json', '--data-dir', data)
    expect(JSON.parse(tapped.out)).toMatchObject({ data: { task_id: expect.any(String) } })
    expect(verb('status', '--data-dir', data)).toMatchObject({ code: 0, out: expect.stringContaining('marcus') })
    expect(verb('stats', '--data-dir', data)).toMatchObject({ code: 0 })
    expect(verb('demo', '--data-dir', data)).toMatchObject({ code: 1, out: expect.stringContaining('already running') })

    const address = /ws:\/\/\S+/.exec(demo.output())![0]
    const socket = new WebSocket(`${address}?subscribe=agent.*,task.*`)
    const [message] = (await once(socket, 'message')) as [Buffer]
    expect(JSON.parse(message.toString('utf8'))).toHaveProperty('type')
    socket.terminate()

    demo.child.kill('SIGTERM')
    expect(await demo.exit).toBe(0)
    expect(verb('tap', '--data-dir', data)).toMatchObject({
      code: 4,
      out: expect.stringContaining('no collector is running'),
    })
  })

  it('ends by itself with a summary', async () => {
    const data = freshDirectory()
    const demo = start(process.execPath, [main, 'demo', '--once', '--speed', '60', '--data-dir', data])
    expect(await demo.exit).toBe(0)
    expect(demo.output()).toMatch(/\d+ events of \d+ types/)
    expect(demo.output()).toMatch(/Dimi fell silent holding "Implement Unit Conversion"/)
    expect(demo.output()).toMatch(/Marcus took "Implement Unit Conversion" back from Dimi/)
    expect(demo.output()).toMatch(/delivered .* holds/)
    const lines = readFileSync(join(data, 'demo/events.jsonl'), 'utf8').trim().split('\n')
    expect(lines.length).toBeGreaterThan(400)
  })

  it('names three commands to go on with, in words that work here', async () => {
    const data = freshDirectory()
    const demo = start(process.execPath, [main, 'demo', '--data-dir', data], { npm_lifecycle_event: 'start' })
    await waitFor('the commands', () => /tap 'task/.test(demo.output()))
    expect(demo.output()).toContain(`npm run -s seneca-collector -- now --watch --data-dir ${data}`)
    demo.child.kill('SIGINT')
    expect(await demo.exit).toBe(0)
    expect(demo.output()).toContain('Who was stuck')
  })

  it.skipIf(script === undefined)('redraws its table on a terminal, and gives the cursor back', async () => {
    const data = freshDirectory()
    const line = `stty cols 100 rows 30; ${process.execPath} ${main} demo --once --speed 200 --data-dir ${data}`
    const demo = start(script!, ['-qec', line, '/dev/null'], { TERM: 'xterm-256color' })
    expect(await demo.exit).toBe(0)
    expect(demo.output()).toContain('\u001b[0J')
    expect(demo.output()).toContain('\u001b[32m')
    expect(demo.output().lastIndexOf('\u001b[?25h')).toBeGreaterThan(demo.output().lastIndexOf('\u001b[?25l'))
  })

  it.each([
    [['--speed', '0'], 2, '--speed must be above 0'],
    [['--speed', 'fast'], 2, 'expects a number'],
    [['--recording', '/nowhere'], 1, 'there is no recording at /nowhere'],
  ])('refuses %j', (args, code, text) => {
    expect(verb('demo', ...args, '--data-dir', freshDirectory())).toMatchObject({
      code,
      out: expect.stringContaining(text),
    })
  })
})
