/** Files of broken lines through file_log, the engine and the exporters' codecs: each line is a record, or counted. */
import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startFuzzed } from './collector.ts'
import type { Dice } from './dice.ts'
import { defineFuzzer } from './fuzzer.ts'
import { envelopes, good, hugeLines, oddPieces, requests } from './samples.ts'

const LINES_MOST = 40
const LOG_BYTES_MAX = 2 ** 20
const formats = ['json', 'envelope', 'otlp_json', 'text'] as const

const lineOf = (dice: Dice): Uint8Array => {
  if (dice.chance(0.02)) return Buffer.from(dice.pick(hugeLines)())
  if (dice.chance(0.1)) return dice.bytes(dice.int(200))
  const whole = dice.chance(0.2) ? requests.otlp_json : Buffer.from(dice.pick(envelopes))
  return dice.chance(0.1) ? whole : dice.broken(whole, oddPieces)
}

const configOf = (format: string, onInvalid: string) => ({
  receivers: { file_log: { include: ['in.jsonl'], start_at: 'beginning', format, on_invalid: onInvalid } },
  exporters: {
    'file/envelope': { path: 'out.envelope', format: 'envelope', append: false },
    'file/json': { path: 'out.json', format: 'otlp_json', append: false },
    'file/body': { path: 'out.body', format: 'body', append: false },
  },
  service: {
    pipelines: { logs: { receivers: ['file_log'], exporters: ['file/envelope', 'file/json', 'file/body'] } },
  },
})

/** Entries that a reader must find: a line longer than `max_log_size` is several, one that begins with NUL may be a hole. */
const entriesIn = (bytes: Buffer): number | undefined => {
  const lines = bytes.toString('latin1').split('\n')
  if (lines.some((line) => line.length > LOG_BYTES_MAX || line.startsWith('\0'))) return undefined
  return lines.filter((line) => /[^ \t\r]/.test(line)).length
}

const linesIn = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')

export default defineFuzzer({
  name: 'lines',
  promise: 'lines of any bytes are read as records or counted, and the good one behind them arrives',
  rounds: 25,
  open: (folder) => ({
    async round(dice) {
      const format = dice.pick(formats)
      const lines = Array.from({ length: 1 + dice.int(LINES_MOST) }, () => lineOf(dice))
      const last = format === 'otlp_json' ? requests.otlp_json : Buffer.from(good(1))
      const parts = [...lines, last].flatMap((line) => [line, Buffer.from(dice.chance(0.1) ? '\r\n' : '\n')])
      const start = dice.chance(0.1) ? [Buffer.from('\uFEFF')] : []
      const input = Buffer.concat([...start, ...parts])
      writeFileSync(join(folder, 'in.jsonl'), input)
      const onInvalid = dice.pick(['text', 'skip'])
      const fuzzed = await startFuzzed(configOf(format, onInvalid), folder, true)
      await fuzzed.host.ended
      fuzzed.check()
      const [balance] = fuzzed.host.collector.balance()
      await fuzzed.close()
      const out = linesIn(join(folder, 'out.envelope'))
      assert.equal(balance!.delivered, 3 * out.length)
      const entries = entriesIn(input)
      if (entries !== undefined && onInvalid === 'text' && (format === 'json' || format === 'envelope'))
        assert.equal(out.length, entries, `records of ${entries} lines`)
      for (const line of out) JSON.parse(line)
      for (const line of linesIn(join(folder, 'out.json'))) JSON.parse(line)
      const sign = format === 'otlp_json' ? 'u4' : 'e1000001'
      assert.ok(out.at(-1)?.includes(sign), `the good line did not arrive as ${format}: ${out.at(-1)?.slice(0, 300)}`)
      for (const name of ['out.envelope', 'out.json', 'out.body', 'state.db', 'state.db-wal', 'state.db-shm'])
        rmSync(join(folder, name), { force: true })
    },
  }),
})
