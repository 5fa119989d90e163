/**
 * A recorded day of a real Marcus, read from a folder: what Marcus wrote (`logs/`, `data/`, `home/`), what its clients
 * said to it over MCP (`mcp-session.ndjson`, `mcp-observer.ndjson`) and what a watcher saw happen (`truth.ndjson`). Any
 * file may be gzipped (`name.gz`). Everything but `logs/` may be absent: then less can be replayed, and nothing is
 * invented. The bundled day was recorded from Marcus 0.3.8.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative, sep } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { CollectorError } from '../kit/errors.ts'
import { parseLine, type Json } from './json.ts'

export interface Recording {
  readonly folder: string
  /** Paths relative to the folder, with forward slashes and without `.gz`, sorted. */
  readonly files: readonly string[]
  has(path: string): boolean
  bytes(path: string): Buffer
  /** Parsed lines of an NDJSON file; lines that are no JSON object are left out. Empty when there is no such file. */
  lines(path: string): readonly Json[]
  /** The file's JSON object, or undefined. */
  json(path: string): Json | undefined
  /** Runs `use` on a private copy of a database; undefined when there is none or it cannot be read. */
  database<T>(path: string, use: (db: DatabaseSync) => T): T | undefined
}

/** Unpacked size of one file; a recording is a day of logs, not more. */
const FILE_BYTES_MAX = 1024 * 1024 * 1024

export const bundledRecording = (): string => fileURLToPath(new URL('./data/tide-tables', import.meta.url))

const walk = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })

export const openRecording = (folder: string): Recording => {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new CollectorError('not_found', `there is no recording at ${folder}`)
  }
  const stored = new Map(
    walk(folder).map((path) => [relative(folder, path).split(sep).join('/').replace(/\.gz$/, ''), path]),
  )
  const files = [...stored.keys()].toSorted()
  if (!files.some((file) => file.startsWith('logs/'))) {
    throw new CollectorError('not_found', `${folder} is no recording of Marcus: it has no logs/ folder with files`)
  }
  const bytes = (path: string): Buffer => {
    const file = stored.get(path)
    if (file === undefined) throw new CollectorError('not_found', `the recording has no ${path}`)
    const raw = readFileSync(file)
    return file.endsWith('.gz') ? gunzipSync(raw, { maxOutputLength: FILE_BYTES_MAX }) : raw
  }
  const lines = (path: string): readonly Json[] =>
    stored.has(path)
      ? bytes(path)
          .toString('utf8')
          .split('\n')
          .map(parseLine)
          .filter((line) => line !== undefined)
      : []
  return {
    folder,
    files,
    has: (path) => stored.has(path),
    bytes,
    lines,
    json: (path) => (stored.has(path) ? parseLine(bytes(path).toString('utf8')) : undefined),
    database: (path, use) => {
      if (!stored.has(path)) return undefined
      const copy = mkdtempSync(join(tmpdir(), 'seneca-replay-'))
      try {
        for (const suffix of ['', '-wal']) {
          if (stored.has(path + suffix)) writeFileSync(join(copy, basename(path) + suffix), bytes(path + suffix))
        }
        const db = new DatabaseSync(join(copy, basename(path)))
        try {
          return use(db)
        } finally {
          db.close()
        }
      } catch {
        return undefined
      } finally {
        rmSync(copy, { recursive: true, force: true })
      }
    },
  }
}
