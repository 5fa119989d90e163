import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { waitFor } from '../setup/wait-for.ts'
import { folderWith, run, start, type Started } from './command.ts'

const event = (id: number): string =>
  `${JSON.stringify({ id: String(id), type: 'task.started', source: 'demo', timestamp: '2026-01-05T09:00:00.000Z', data: { task_id: `t${id}` }, metadata: { severity: 'info' }, version: '1' })}\n`

const collector = `receivers:
  file_log:
    include: [in.jsonl]
    start_at: beginning
    format: envelope
exporters:
  file:
    path: out.jsonl
    format: envelope
service:
  pipelines:
    logs:
      receivers: [file_log]
      exporters: [file]
`

const linesOf = (folder: string, file = 'out.jsonl'): readonly { readonly id: string }[] =>
  existsSync(join(folder, file))
    ? readFileSync(join(folder, file), 'utf8')
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { readonly id: string })
    : []

const delivered = (folder: string, count: number): Promise<unknown> =>
  waitFor(`${count} lines in out.jsonl`, () => linesOf(folder).length >= count)

/** Ends what a test started, whatever became of the test. */
const using = async (running: Started, use: () => Promise<void>): Promise<void> => {
  try {
    await use()
  } finally {
    if (running.process.exitCode === null) running.process.kill('SIGKILL')
    await running.finished
  }
}

describe('the command line', () => {
  it('lists its verbs, and each verb shows options and examples', async () => {
    const folder = folderWith({})
    const overview = await run(folder, ['--help'])
    expect(overview.code).toBe(0)
    for (const verb of [
      'run',
      'validate',
      'components',
      'schema',
      'print-config',
      'graph',
      'status',
      'stats',
      'buffer',
      'dlq',
      'new',
      'tap',
      'now',
      'demo',
      'backfill',
    ]) {
      expect(overview.out).toMatch(new RegExp(`^  ${verb} `, 'm'))
    }
    const help = await run(folder, ['validate', '--help'])
    expect(help.out).toContain('--config <file>')
    expect(help.out).toContain('seneca-collector validate -c base.yaml -c local.yaml')
  })

  it('answers a wrong command line with one sentence and exit code 2', async () => {
    const folder = folderWith({})
    expect(await run(folder, ['validat'])).toEqual({
      code: 2,
      out: '',
      err: "seneca-collector: there is no verb 'validat'; did you mean 'validate'?\n",
    })
    const option = await run(folder, ['validate', '--jsn'])
    expect([option.code, option.err]).toEqual([
      2,
      "seneca-collector: unknown option '--jsn'; did you mean --json?\nSee 'seneca-collector validate --help'.\n",
    ])
    expect((await run(folder, ['stats', '--top', 'many'])).err).toBe(
      "seneca-collector: --top expects a number, got 'many'\n",
    )
    expect((await run(folder, ['new', 'procesor', 'x'])).err).toContain("did you mean 'processor'?")
  })

  it('says how to get a configuration when there is none, with exit code 3', async () => {
    const { code, err } = await run(folderWith({}), ['run'])
    expect(code).toBe(3)
    expect(err).toMatch(
      /^there is no collector\.yaml in .*; name a file with --config FILE, copy the reference with\n {2}cp .*collector\.yaml \.\nor see it work without any: seneca-collector demo\n$/,
    )
  })

  it('says in one sentence that no collector is running, with exit code 4', async () => {
    const folder = folderWith({})
    for (const verb of ['status', 'stats']) {
      expect(await run(folder, [verb])).toEqual({
        code: 4,
        out: '',
        err: `seneca-collector: no collector is running in ${join(folder, '.seneca')}; start one with: seneca-collector run\n`,
      })
    }
  })

  it('refuses with run exactly what validate refuses, with the same words and exit code 3', async () => {
    const folder = folderWith({ 'collector.yaml': collector.replace('include', 'inlcude'), 'in.jsonl': '' })
    const validated = await run(folder, ['validate'])
    const ran = await run(folder, ['run', '--once'])
    expect([validated.code, ran.code]).toEqual([3, 3])
    expect(validated.err).toContain("collector.yaml:3:5: error: receiver 'file_log' has no option 'inlcude'")
    expect(ran.err.split('\n\n')[0]).toBe(validated.err.split('\n\n')[0])
    const json = JSON.parse((await run(folder, ['validate', '--json'])).out) as {
      valid: boolean
      problems: { position: unknown }[]
    }
    expect([json.valid, json.problems[0]?.position]).toEqual([false, { file: 'collector.yaml', line: 3, column: 5 }])
  })

  it('prints no stack trace to people, and one with --debug', async () => {
    const folder = folderWith({})
    expect((await run(folder, ['status'])).err).not.toMatch(/^ {4}at /m)
    expect((await run(folder, ['status', '--debug'])).err).toMatch(/^ {4}at /m)
  })
})

describe('run', () => {
  it('with --once delivers what is there and ends with exit code 0', async () => {
    const folder = folderWith({ 'collector.yaml': collector, 'in.jsonl': event(1) + event(2) })
    expect((await run(folder, ['run', '--once'])).code).toBe(0)
    expect(linesOf(folder).map(({ id }) => id)).toEqual(['1', '2'])
    // A second run goes on where the first ended.
    writeFileSync(join(folder, 'in.jsonl'), event(3), { flag: 'a' })
    await run(folder, ['run', '--once'])
    expect(linesOf(folder).map(({ id }) => id)).toEqual(['1', '2', '3'])
  })

  it('answers status, stats, graph and tap while it runs, and ends in order on SIGTERM', async () => {
    const folder = folderWith({ 'collector.yaml': collector, 'in.jsonl': event(1) })
    const running = start(folder, ['run'])
    await using(running, async () => {
      await delivered(folder, 1)
      expect(statSync(join(folder, '.seneca', 'control.sock')).mode & 0o777).toBe(0o600)
      const status = JSON.parse((await run(folder, ['status', '--json'])).out) as { state: string; pid: number }
      expect([status.state, status.pid]).toEqual(['ok', running.process.pid])
      const stats = JSON.parse((await run(folder, ['stats', '--json'])).out) as { balance: unknown[] }
      expect(stats.balance).toMatchObject([{ pipeline: 'logs', received: 1, delivered: 1, balanced: true }])
      expect((await run(folder, ['stats', '--top', '1'])).out).toContain('balanced')
      expect((await run(folder, ['graph', '--running'])).out).toContain('file_log')
      const second = await run(folder, ['run'])
      expect([second.code, second.err]).toEqual([1, expect.stringContaining('a collector is already running in')])
      running.process.kill('SIGTERM')
      expect((await running.finished).code).toBe(0)
      expect(existsSync(join(folder, '.seneca', 'control.sock'))).toBe(false)
    })
  })

  it('replaces the socket that a crash left behind', async () => {
    const folder = folderWith({ 'collector.yaml': collector, 'in.jsonl': event(1) })
    const crashed = start(folder, ['run'])
    await using(crashed, () => delivered(folder, 1).then(() => undefined))
    expect(existsSync(join(folder, '.seneca', 'control.sock'))).toBe(true)
    const running = start(folder, ['run'])
    await using(running, async () => {
      await waitFor('an answer of the second', async () => (await run(folder, ['status'])).code === 0)
    })
  })

  it('takes a new configuration on SIGHUP, and keeps the old one when the new is invalid', async () => {
    const folder = folderWith({ 'collector.yaml': collector, 'in.jsonl': event(1) })
    const running = start(folder, ['run'])
    await using(running, async () => {
      await delivered(folder, 1)
      writeFileSync(join(folder, 'collector.yaml'), collector.replace('path:', 'pth:'))
      running.process.kill('SIGHUP')
      await waitFor('the refusal', () => running.err().includes("exporter 'file' has no option 'pth'"))
      expect(running.err()).toContain('the old one goes on')
      writeFileSync(join(folder, 'in.jsonl'), event(2), { flag: 'a' })
      await delivered(folder, 2)
      writeFileSync(join(folder, 'collector.yaml'), collector.replace('out.jsonl', 'second.jsonl'))
      running.process.kill('SIGHUP')
      await waitFor('the change', () => running.err().includes('the new configuration runs'))
      writeFileSync(join(folder, 'in.jsonl'), event(3), { flag: 'a' })
      await waitFor('the line in the new file', () => linesOf(folder, 'second.jsonl').length === 1)
      expect(linesOf(folder).map(({ id }) => id)).toEqual(['1', '2'])
    })
  })

  it('hears a SIGHUP that comes while it starts', async () => {
    const folder = folderWith({ 'collector.yaml': collector, 'in.jsonl': event(1) })
    const running = start(folder, ['run'])
    await using(running, async () => {
      // The socket is there before the parts of the collector are.
      await waitFor('the start', () => existsSync(join(folder, '.seneca', 'control.sock')))
      writeFileSync(join(folder, 'collector.yaml'), collector.replace('out.jsonl', 'second.jsonl'))
      running.process.kill('SIGHUP')
      await waitFor('the change', () => {
        if (running.process.signalCode !== null) throw new Error(`it was ended by ${running.process.signalCode}`)
        return running.err().includes('the new configuration runs')
      })
    })
  })

  it('works in a data directory whose path is too long for a socket', async () => {
    const folder = folderWith({ 'collector.yaml': collector, 'in.jsonl': event(1) })
    const data = join(folder, 'd'.repeat(60), 'e'.repeat(60))
    mkdirSync(data, { recursive: true })
    const running = start(folder, ['run', '--data-dir', data])
    await using(running, async () => {
      await delivered(folder, 1)
      const status = await run(folder, ['status', '--json'], { SENECA_DATA_DIR: data })
      expect(JSON.parse(status.out)).toMatchObject({ data_directory: data })
      expect(statSync(readFileSync(join(data, 'control.path'), 'utf8')).isSocket()).toBe(true)
    })
  })

  it('says which component could not start, and why, with exit code 1', async () => {
    const broken = collector.replace('path: out.jsonl', 'path: in.jsonl/out.jsonl')
    const { code, err } = await run(folderWith({ 'collector.yaml': broken, 'in.jsonl': event(1) }), ['run', '--once'])
    expect(code).toBe(1)
    expect(err).toMatch(/file/)
    expect(err).not.toMatch(/^ {4}at /m)
  })
})

describe('new', () => {
  const kinds = [
    ['receiver', 'ticks', (folder: string) => run(folder, ['run', '--once', '-c', 'own.yaml'])],
    [
      'processor',
      'scrub',
      (folder: string) => run(folder, ['run', '--once', '-c', 'own.yaml', '--set', 'receivers.generator.count=3']),
    ],
    [
      'exporter',
      'lines',
      (folder: string) => run(folder, ['run', '--once', '-c', 'own.yaml', '--set', 'receivers.generator.count=3']),
    ],
  ] as const

  for (const [kind, name, runOnce] of kinds) {
    it(`writes a ${kind} that runs as it is named, and whose test passes, with nothing installed`, async () => {
      const folder = folderWith({})
      const written = await run(folder, ['new', kind, name])
      expect([written.code, written.err]).toEqual([0, ''])
      const yaml = /Name it in YAML.*\n\n([\s\S]*?)\nand run it/.exec(written.out)?.[1]?.replaceAll(/^ {2}/gm, '') ?? ''
      writeFileSync(join(folder, 'own.yaml'), yaml)
      const tested = await run(folder, ['test', `${name}.test.ts`])
      expect([tested.code, tested.out]).toEqual([0, expect.stringContaining('pass')])
      const ran = await runOnce(folder)
      expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('running own.yaml')])
      const listed = await run(folder, ['components', kind, '-c', 'own.yaml'])
      expect(listed.out).toContain(`(./${name}.ts)`)
      const again = await run(folder, ['new', kind, name])
      expect([again.code, again.err]).toEqual([
        2,
        `seneca-collector: ${name}.ts is there already; nothing was written\n`,
      ])
    })
  }

  it('writes .mts files where the nearest package.json makes .ts files CommonJS', async () => {
    const folder = folderWith({ 'package.json': '{"type":"commonjs"}' })
    await run(folder, ['new', 'processor', 'scrub'])
    expect(existsSync(join(folder, 'scrub.mts'))).toBe(true)
    expect((await run(folder, ['test'])).code).toBe(0)
  })
})
