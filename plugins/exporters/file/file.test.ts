import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { concat, decode, type LogBatch, logs, metrics, spans } from 'seneca-collector'
import { harness, type Harness, type HarnessEnvironment } from 'seneca-collector/testing'
import file from './index.ts'

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'file-exporter-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Lines `from` … `to` - 1 of a file, as file_log hands them on: each 10 bytes long. */
const lines = (from: number, to: number, key = 'in'): LogBatch => {
  const text = Array.from(
    { length: to - from },
    (_, index) => `"line ${String(from + index).padStart(2, '0')}"\n`,
  ).join('')
  return decode('logs', 'json', Buffer.from(text), { origin: { key, offset: from * 10 } })
}

const withIds = (...ids: readonly string[]): LogBatch =>
  logs(ids.map((id) => ({ body: id, attributes: { 'log.record.uid': id } })))

const started = async (folder: string, options: object = {}, env: HarnessEnvironment = {}): Promise<Harness> => {
  const run = await harness(
    file,
    { path: 'out', format: 'body', ...options },
    { folder, dataDirectory: folder, ...env },
  )
  await run.start()
  return run
}

const ids = (from: number): string[] =>
  Array.from({ length: 2_000 }, (_, index) => `id-${from + index}-${'x'.repeat(30)}`)

/** Node reads the first frame only; the tools read all. */
const unzstd = (bytes: Buffer): Buffer => {
  const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
  const frames: Buffer[] = []
  for (let from = 0; from < bytes.length;) {
    const next = bytes.indexOf(magic, from + 4)
    frames.push(zstdDecompressSync(bytes.subarray(from, next < 0 ? bytes.length : next)))
    from = next < 0 ? bytes.length : next
  }
  return Buffer.concat(frames)
}

const journalOf = (folder: string): string => {
  const name = readdirSync(join(folder, 'file')).find((entry) => entry.endsWith('.journal'))
  return join(folder, 'file', name ?? '')
}

const expected = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `"line ${String(from + index).padStart(2, '0')}"\n`).join('')

/** What kill -9 leaves: nothing is closed, nothing is said; the next life starts on the same files. */
const abandon = async (run: Harness): Promise<void> => {
  await run.stop()
}

describe('file', () => {
  it.each([
    ['body', '{"a":1}\n"x"\n'],
    ['text', '{"a":1}\nx\n'],
  ])('writes a line per record as %s', async (format, text) => {
    const folder = temporaryFolder()
    const run = await started(folder, { format })
    await run.consume(logs([{ body: { a: 1 } }, { body: 'x' }]))
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(text)
    await run.stop()
  })

  it('writes OTLP as lines of JSON and as length-prefixed messages, also by OpenTelemetry’s names', async () => {
    for (const format of ['otlp_json', 'json']) {
      const folder = temporaryFolder()
      const run = await started(folder, { format })
      await run.consume(logs([{ body: 'a' }]))
      await run.consume(logs([{ body: 'b' }]))
      await run.stop()
      const back = decode('logs', 'otlp_json', readFileSync(join(folder, 'out')))
      expect([...back].map((record) => record.body)).toEqual(['a', 'b'])
    }
    for (const format of ['otlp_proto', 'proto']) {
      const folder = temporaryFolder()
      const run = await started(folder, { format })
      await run.consume(logs([{ body: 'a' }]))
      await run.stop()
      const bytes = readFileSync(join(folder, 'out'))
      expect(bytes.readUInt32BE(0)).toBe(bytes.length - 4)
      expect(decode('logs', 'otlp_proto', bytes.subarray(4)).at(0).body).toBe('a')
    }
  })

  it('continues what it and what others wrote, without a torn last line, and empties only when told to', async () => {
    const folder = temporaryFolder()
    const first = await started(folder)
    await first.consume(lines(0, 2))
    await first.stop()
    const second = await started(folder)
    await second.consume(lines(2, 3))
    await second.stop()
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(expected(0, 3))

    const other = temporaryFolder()
    writeFileSync(join(other, 'out'), 'old\ntorn')
    const appending = await started(other)
    await appending.consume(lines(0, 1))
    await appending.stop()
    expect(readFileSync(join(other, 'out'), 'utf8')).toBe('old\n' + expected(0, 1))

    const emptied = await started(other, { append: false })
    await emptied.consume(lines(0, 1))
    await emptied.stop()
    expect(readFileSync(join(other, 'out'), 'utf8')).toBe(expected(0, 1))
  })

  it('cuts off what was written but not noted, and takes it when it comes again', async () => {
    const folder = temporaryFolder()
    const first = await started(folder)
    await first.consume(lines(0, 3))
    await abandon(first)
    appendFileSync(join(folder, 'out'), '"line 03"\n"li')
    const second = await started(folder)
    await second.consume(lines(2, 5))
    await second.stop()
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(expected(0, 5))
  })

  it('leaves out what it has, by origin and by id, across lives and in mixed batches', async () => {
    const folder = temporaryFolder()
    const first = await started(folder)
    await first.consume(concat([lines(0, 3), withIds('a', 'b'), lines(0, 2, 'other')]))
    await abandon(first)
    const second = await started(folder)
    await second.consume(concat([lines(1, 4), withIds('b', 'c'), lines(0, 3, 'other')]))
    await second.consume(withIds('c', 'd'))
    await second.stop()
    const text = readFileSync(join(folder, 'out'), 'utf8')
    expect(text.split('\n').toSorted().join(' ').trim()).toBe(
      '"a" "b" "c" "d" "line 00" "line 00" "line 01" "line 01" "line 02" "line 02" "line 03"',
    )
    expect(second.metrics.value('seneca_file_known_records')).toBe(6)
  })

  it('does not take what comes after a hole for known in the same life', async () => {
    const folder = temporaryFolder()
    const run = await started(folder)
    await run.consume(lines(5, 6))
    await run.consume(lines(0, 2))
    await run.stop()
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(expected(5, 6) + expected(0, 2))
  })

  it('goes on from the last place the disk still has when the machine lost the newest', async () => {
    const folder = temporaryFolder()
    const first = await started(folder)
    await first.consume(lines(0, 2))
    await first.consume(lines(2, 4))
    await abandon(first)
    truncateSync(join(folder, 'out'), 25)
    const second = await started(folder)
    await second.consume(lines(0, 6))
    await second.stop()
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(expected(0, 6))
  })

  it('leaves alone what another configuration with the same data directory wrote', async () => {
    const folder = temporaryFolder()
    for (const [path, from] of [
      ['out', 0],
      ['other', 1],
      ['out', 2],
      ['other', 3],
    ] as const) {
      const run = await started(folder, { path })
      await run.consume(lines(from, from + 1, path))
      await run.stop()
    }
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(expected(0, 1) + expected(2, 3))
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe(expected(1, 2) + expected(3, 4))
  })

  it('survives a torn journal', async () => {
    const folder = temporaryFolder()
    const first = await started(folder)
    await first.consume(lines(0, 2))
    await first.consume(lines(2, 4))
    await abandon(first)
    const journal = journalOf(folder)
    truncateSync(journal, statSync(journal).size - 5)
    const second = await started(folder)
    await second.consume(lines(0, 5))
    await second.stop()
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(expected(0, 5))
  })

  it('finishes a rotation that was announced', async () => {
    for (const renamed of [false, true]) {
      const folder = temporaryFolder()
      const first = await started(folder)
      await first.consume(lines(0, 2))
      await abandon(first)
      const backup = join(folder, 'out-2026-01-01T00-00-00.000')
      const path = journalOf(folder)
      const entry = JSON.stringify({ rotating: backup })
      appendFileSync(path, `${crc32(entry).toString(16).padStart(8, '0')} ${entry}\n`)
      if (renamed) {
        renameSync(join(folder, 'out'), backup)
        writeFileSync(join(folder, 'out'), expected(2, 3))
      }
      const second = await started(folder)
      await second.consume(lines(1, 4))
      await second.stop()
      expect(readFileSync(backup, 'utf8')).toBe(expected(0, 2))
      expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(expected(2, 4))
    }
  })

  it('keeps its journal small', async () => {
    const folder = temporaryFolder()
    const run = await started(folder)
    for (let from = 0; from < 200_000; from += 2_000) await run.consume(withIds(...ids(from)))
    await run.stop()
    expect(statSync(journalOf(folder)).size).toBeLessThan(20_000_000)
    const again = await started(folder)
    await again.consume(withIds(...ids(198_000)))
    expect(again.metrics.value('seneca_file_known_records')).toBe(2_000)
    await again.stop()
  })

  it('begins a new file by size and by time, and keeps as many old ones as allowed', async () => {
    const folder = temporaryFolder()
    const run = await started(folder, { path: 'out.jsonl', rotation: { interval: '1h', max_backups: 2 } })
    for (let hour = 0; hour < 5; hour++) {
      await run.consume(lines(hour, hour + 1))
      await run.clock.advance(3_600_000)
    }
    await run.stop()
    expect(readdirSync(folder).filter((name) => name.startsWith('out'))).toEqual([
      'out-2026-01-01T03-00-00.000.jsonl',
      'out-2026-01-01T04-00-00.000.jsonl',
      'out.jsonl',
    ])
    expect(readFileSync(join(folder, 'out.jsonl'), 'utf8')).toBe(expected(4, 5))

    const other = temporaryFolder()
    const large = await started(other, { format: 'text', rotation: { max_megabytes: 1 } })
    for (let index = 0; index < 5; index++) await large.consume(logs([{ body: String(index).repeat(400_000) }]))
    await large.stop()
    const sizes = readdirSync(other)
      .filter((name) => name.startsWith('out'))
      .map((name) => statSync(join(other, name)).size)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(5 * 400_001)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024)
  })

  it('deletes old files by age', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'out-2025-11-01T00-00-00.000'), 'old')
    writeFileSync(join(folder, 'out-mine'), 'not ours')
    const run = await started(folder, { rotation: { interval: '1h', max_days: 30 } })
    await run.consume(lines(0, 1))
    await run.clock.advance(3_600_000)
    await run.consume(lines(1, 2))
    await run.stop()
    expect(existsSync(join(folder, 'out-2025-11-01T00-00-00.000'))).toBe(false)
    expect(existsSync(join(folder, 'out-mine'))).toBe(true)
    expect(readdirSync(folder).filter((name) => name.startsWith('out')).length).toBe(3)
  })

  it.each([
    ['gzip', gunzipSync],
    ['zstd', unzstd],
  ] as const)(
    'compresses with %s so that the whole file can be read, also after a crash',
    async (compression, read) => {
      const folder = temporaryFolder()
      const first = await started(folder, { compression })
      await first.consume(lines(0, 2))
      await first.consume(lines(2, 4))
      await abandon(first)
      appendFileSync(join(folder, 'out'), Buffer.from([0x1f, 0x8b, 8, 0]))
      const second = await started(folder, { compression })
      await second.consume(lines(3, 6))
      await second.stop()
      expect(read(readFileSync(join(folder, 'out'))).toString()).toBe(expected(0, 6))
    },
  )

  it('goes on in a new file when somebody else has moved or emptied it', async () => {
    const folder = temporaryFolder()
    const run = await started(folder)
    await run.consume(lines(0, 1))
    renameSync(join(folder, 'out'), join(folder, 'moved'))
    await run.clock.advance(2_000)
    await run.consume(lines(1, 2))
    unlinkSync(join(folder, 'out'))
    await run.clock.advance(2_000)
    await run.consume(lines(2, 3))
    truncateSync(join(folder, 'out'))
    await run.clock.advance(2_000)
    await run.consume(lines(3, 4))
    await run.stop()
    expect(readFileSync(join(folder, 'moved'), 'utf8')).toBe(expected(0, 1))
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(expected(3, 4))
  })

  it('writes to devices', async () => {
    const run = await started(temporaryFolder(), { path: '/dev/null' })
    await run.consume(lines(0, 1))
    expect(run.inspect()).toMatchObject({ bytes: 10 })
    await run.stop()
  })

  it('refuses for now what the disk does not take, and writes it whole later', async () => {
    const run = await started(temporaryFolder(), { path: '/dev/full' })
    await expect(run.consume(lines(0, 1))).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await run.stop()
  })

  it('makes the folder when told to, and says what is wrong otherwise', async () => {
    const folder = temporaryFolder()
    await expect(started(folder, { path: 'deep/er/out' })).rejects.toThrow(/deep\/er\/out cannot be opened: ENOENT/)
    const run = await started(folder, { path: 'deep/er/out', create_directory: true, directory_permissions: '0700' })
    expect(statSync(join(folder, 'deep')).mode & 0o777).toBe(0o700)
    await run.stop()
  })

  it('is alone on its file', async () => {
    const folder = temporaryFolder()
    const one = await started(folder, {}, { id: 'file/one' })
    await expect(started(folder, {}, { id: 'file/two' })).rejects.toThrow(/already written by file\/one/)
    await one.stop()
    const two = await started(folder, {}, { id: 'file/two' })
    await two.stop()
  })

  it('syncs before it acknowledges, or in intervals', async () => {
    for (const sync of ['batch', 'interval', 'none']) {
      const folder = temporaryFolder()
      const run = await started(folder, { sync })
      await run.consume(lines(0, 1))
      await run.clock.advance(1_000)
      await run.stop()
      expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(expected(0, 1))
    }
  })

  it.each([
    [{ path: 'x', rotation: { max_megabytes: 0 } }, /nothing ever rotates/],
    [{ path: 'x', format: 'xml' }, /format/],
    [{ path: 'x', flush_interval: '0s' }, /more than zero/],
  ])('refuses %j', async (options, message) => {
    await expect(harness(file, options)).rejects.toThrow(message)
  })
})

describe('metrics and traces', () => {
  it('are written as OTLP lines or messages, which can be read again', async () => {
    const traces = spans([{ name: 'a', startTime: 5n }])
    const counts = metrics([{ name: 'n', type: 'gauge', dataPoints: [{ value: 3 }, { value: 4 }] }])
    const folder = temporaryFolder()
    const json = await started(folder, { path: 'json', format: 'otlp_json' })
    const proto = await started(folder, { path: 'proto', format: 'otlp_proto' }, { id: 'file/proto' })
    for (const run of [json, proto]) {
      await run.consume(traces)
      await run.consume(counts)
      await run.stop()
    }
    const [first, second] = readFileSync(join(folder, 'json'), 'utf8').trim().split('\n')
    expect(decode('traces', 'otlp_json', Buffer.from(first ?? '')).at(0).startTime).toBe(5n)
    expect(decode('metrics', 'otlp_json', Buffer.from(second ?? '')).points).toBe(2)
    const bytes = readFileSync(join(folder, 'proto'))
    const length = bytes.readUInt32BE(0)
    expect(decode('traces', 'otlp_proto', bytes.subarray(4, 4 + length)).at(0).name).toBe('a')
    expect(decode('metrics', 'otlp_proto', bytes.subarray(8 + length)).at(0).name).toBe('n')
  })

  it('cannot be written as envelopes, which is said before the start', async () => {
    const wrong = started(temporaryFolder(), { format: 'envelope' }, { outputs: ['logs', 'metrics/own'] })
    await expect(wrong).rejects.toThrow("envelope is for logs, and the pipeline 'metrics/own' carries metrics")
  })
})
