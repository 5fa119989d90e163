/**
 * A real collector that reloads again and again while lines come in: through SIGHUP and the control socket, with processors
 * that change, exporters that come and go, a queue on disk, and configurations that are wrong. Every line is in the file
 * once. RELOADS=1000 is what `npm run soak:reload` does.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { controlClient, type ReloadAnswer } from '../../core/control/index.ts'
import { seededRandom } from '../../core/kit/testing.ts'
import { root } from '../architecture/sources.ts'
import { waitFor } from '../setup/wait-for.ts'

const RELOADS = Number(process.env['RELOADS'] ?? 30)
const LINES_PER_RELOAD = 40
/** What a process may need more at the end than when it was warm; garbage is let lie for a while. */
const FILES_MORE = 5
const MEMORY_MORE_MIB = 150

/** Nothing of it changes what comes out: a filter that fits no line, attributes nobody prints. */
const configOf = (turn: number, random: () => number): string => {
  const often = (share: number): boolean => random() < share
  const queue = often(0.5)
    ? `{ storage: file_storage, num_consumers: 1 }`
    : `{ queue_size: ${100 + turn}, num_consumers: 1 }`
  const processors = ['filter', 'transform', 'batch'].filter(() => often(0.6)).join(', ')
  const second = often(0.5)
  return `
extensions: { file_storage: { directory: ./kept, create_directory: true } }
receivers: { file_log: { include: [in.log], start_at: beginning, poll_interval: 20ms } }
processors:
  filter: { logs: { log_record: ['body == "never ${turn}"'] } }
  transform: { log_statements: ['set(attributes["turn"], ${often(0.5) ? turn : 0})'] }
  batch: { timeout: ${10 + (turn % 3)}ms, send_batch_size: 20 }
exporters:
  file: { path: out.txt, format: text, create_directory: ${often(0.5)}, sending_queue: ${queue} }
  file/second: { path: second-${turn % 4}.txt, format: text }
service:
  extensions: [file_storage]
  pipelines:
    logs: { receivers: [file_log], processors: [${processors}], exporters: [file${second ? ', file/second' : ''}] }
`
}

const openFiles = (pid: number | undefined): number => (pid === undefined ? 0 : readdirSync(`/proc/${pid}/fd`).length)

const memoryMib = (pid: number | undefined): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024

it(
  `writes every line once over ${RELOADS} reloads, and does not grow`,
  { timeout: 60_000 + RELOADS * 1_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seneca-reload-'))
    const random = seededRandom(5)
    const save = (text: string): void => writeFileSync(join(folder, 'collector.yaml'), text)
    save(configOf(0, random))
    const child = spawn(join(root, 'node_modules/.bin/node'), [join(root, 'core/main.ts'), 'run'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, SENECA_DATA_DIR: join(folder, 'data') },
    })
    let words = ''
    child.stderr.on('data', (piece: Buffer) => void (words = (words + piece.toString()).slice(-6_000)))
    onTestFinished(() => {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })
    const client = controlClient(join(folder, 'data'))
    await waitFor('the start', () => words.includes('running'))
    const reload = async (): Promise<ReloadAnswer> => (await client.post('/reload')) as ReloadAnswer
    const linesOut = (): string[] =>
      existsSync(join(folder, 'out.txt')) ? readFileSync(join(folder, 'out.txt'), 'utf8').split('\n').slice(0, -1) : []
    let written = 0
    const allOut = async (): Promise<void> => {
      const state = async (): Promise<string> =>
        JSON.stringify([await client.get('/stats'), await client.get('/status')])
      await waitFor('all lines', () => linesOut().length >= written).catch(async (error: Error) => {
        throw new Error(`${error.message}; ${linesOut().length} of ${written}: ${await state()}\n${words}`)
      })
    }
    let [filesWarm, memoryWarm] = [0, 0]
    for (let turn = 1; turn <= RELOADS; turn++) {
      const lines = Array.from({ length: LINES_PER_RELOAD }, () => `line ${written++}\n`)
      appendFileSync(join(folder, 'in.log'), lines.join(''))
      const text = configOf(turn, random)
      if (turn % 7 === 0) {
        save(text.replace('exporters: [file', 'exporters: [fil'))
        expect(await reload()).toMatchObject({ applied: false, problems: expect.stringContaining("'fil'") as string })
      }
      save(text)
      expect(await reload(), words).toMatchObject({ applied: true })
      if (turn === Math.ceil(RELOADS / 3)) {
        await allOut()
        ;[filesWarm, memoryWarm] = [openFiles(child.pid), memoryMib(child.pid)]
      }
    }
    await allOut()
    const balance = (await client.get('/balance')) as readonly {
      readonly balanced: boolean
      readonly dropped: object
    }[]
    expect(balance.map(({ balanced, dropped }) => ({ balanced, dropped }))).toEqual([{ balanced: true, dropped: {} }])
    expect(openFiles(child.pid)).toBeLessThanOrEqual(filesWarm + FILES_MORE)
    expect(memoryMib(child.pid)).toBeLessThanOrEqual(memoryWarm + MEMORY_MORE_MIB)
    child.kill('SIGTERM')
    await once(child, 'exit')
    expect(child.exitCode).toBe(0)
    expect(linesOut()).toEqual(Array.from({ length: written }, (_, n) => `line ${n}`))
  },
)
