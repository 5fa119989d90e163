import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { configOrThrow, loadConfig } from '../../config/index.ts'
import { loadPlugin } from '../../engine/index.ts'
import { startHost } from '../host.ts'
import { verb } from '../test.ts'
import type { Io } from '../verb.ts'

const config = `receivers: { generator: { rate: 20 } }
processors:
  filter/no_debug: { logs: { log_record: ['severity_number < SEVERITY_NUMBER_INFO'] } }
  transform: { log_statements: ['set(log.attributes["env"], "prod")'] }
exporters: { debug: {}, file: { path: ./out.jsonl } }
service:
  pipelines:
    logs: { receivers: [generator], processors: [filter/no_debug, transform], exporters: [debug, file] }
`

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-config-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const run = async (folder: string, options: Record<string, unknown> = {}) => {
  let out = ''
  const io: Io = {
    out: (text) => void (out += text),
    err: () => {},
    env: {},
    cwd: folder,
    signal: new AbortController().signal,
    color: false,
    terminal: false,
    columns: () => 120,
    debug: false,
  }
  const given = {
    watch: false,
    'from-capture': false,
    limit: 20,
    seconds: 60,
    json: false,
    'data-dir': undefined,
    ...options,
  }
  const code = await verb.run({ operands: [], options: given as never }, io)
  return { code, out }
}

const tested = (steps: string) => {
  const text = `tests:\n  - name: it\n    steps:\n${steps}`
  return run(folderWith({ 'collector.yaml': config, 'collector.test.yaml': text }))
}

describe('a test of a configuration', () => {
  it('passes when exporters get what is expected, and nothing else', async () => {
    const { code, out } = await tested(`      - send:
          - { body: a, severity_number: 9 }
          - { body: b, severity_number: 5 }
      - expect:
          debug: [{ body: a, attributes: { env: prod } }]
          file: 1
`)
    expect(out).toBe('✓ collector.test.yaml: it\n1 passed, 0 failed\n')
    expect(code).toBe(0)
  })

  it('points at the line of what is not as expected, with the difference', async () => {
    const { code, out } = await tested(`      - send: [{ body: a, severity_number: 9 }]
      - expect:
          debug:
            - body: a
              attributes:
                env: test
          file: none
`)
    expect(code).toBe(1)
    expect(out).toContain('collector.test.yaml:9:17: error: debug got another record')
    expect(out).toContain('    - attributes["env"]: "test"\n    + attributes["env"]: "prod"')
    expect(out).toContain('collector.test.yaml:10:17: error: file got 1 record, expected none')
  })

  it('holds back what a destination that is down does not take, until the engine tries again', async () => {
    const { out } = await tested(`      - destination: { file: down }
      - send: [{ body: a, severity_number: 9 }]
      - expect: { debug: 1, file: none }
      - destination: { file: up }
      - advance: 1m
      - expect: { debug: none, file: 1 }
`)
    expect(out).toContain('1 passed')
  })

  it('names an exporter that is not there, and the nearest that is', async () => {
    const { out } = await tested(`      - expect: { debgu: none }\n`)
    expect(out).toMatch(/4:26: error: there is no exporter 'debgu' in a pipeline; did you mean 'debug'/)
  })

  it('refuses a file with mistakes, all at once', async () => {
    const text = `test: []\ntests:\n  - steps:\n      - { sent: [], advance: soon }\n      - send: [{ bdy: 1 }]\n`
    const folder = folderWith({ 'collector.yaml': config, 'collector.test.yaml': text })
    await expect(run(folder)).rejects.toThrow(
      /1:1: error: .*no member 'test'[^]*4:11: error: a step has no member 'sent'[^]*4:30: error: advance is a duration[^]*no field 'bdy'/,
    )
  })

  it.each([
    ['- advance: -5s', '4:18: error: time goes forward only'],
    ['- {}', '4:9: error: a step does one thing: send, advance, expect, destination'],
    ['- expect: { file: -1 }', '4:25: error: what file is to get is none, a number'],
    ['- expect: { file: some }', '4:25: error: what file is to get is none, a number'],
    ['- expect: { file: {} }', '4:25: error: what file is to get is none, a number'],
  ])('refuses the step %s, which would pass whatever happens', async (step, expected) => {
    await expect(tested(`      ${step}\n`)).rejects.toThrow(expected)
  })

  it('is written out of live traffic, and passes', async () => {
    const folder = folderWith({ 'collector.yaml': config })
    const loaded = await loadConfig({ files: [join(folder, 'collector.yaml')], env: {}, cwd: folder, loadPlugin })
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    const data = join(folder, 'data')
    const host = await startHost({
      config: configOrThrow(loaded),
      log: quiet,
      dataDirectory: data,
      once: false,
      configuration: ['collector.yaml'],
    })
    const { out } = await run(folder, { 'from-capture': true, limit: 3, seconds: 10, 'data-dir': data })
    await host.stop(1_000)
    expect(out).toContain('config: collector.yaml')
    writeFileSync(join(folder, 'collector.test.yaml'), out)
    const { code, out: told } = await run(folder)
    expect(code, told).toBe(0)
  })
})
