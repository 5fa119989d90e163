/**
 * A folder as a running Marcus keeps it: `logs/`, `data/` (Marcus's own folder) and `home/` (its `~/.marcus`). Steps are
 * applied to it in order. The board and the cost database are in WAL mode and stay open, as with Marcus; each start of
 * Marcus is a real, idle process, so that a check of the pid in its service file tells the truth.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { textOr } from './json.ts'
import type { Boot } from './boots.ts'
import type { Step } from './step.ts'

export interface MarcusFolder {
  readonly path: string
  apply(step: Step): void
  /** The pid that stands in for a recorded start of Marcus, while it runs. */
  pid(boot: Boot): number | undefined
  /** Ends processes and closes databases; the files stay. */
  close(): void
}

export interface MarcusFolderOptions {
  readonly path: string
  /** Stands in the service file for the recorded port of the analytics endpoint. */
  readonly port?: number | undefined
}

/** SQL texts differ by table and column set only, so few are ever prepared. */
const STATEMENTS_MAX = 200

const openDatabase = (
  path: string,
): { run: (sql: string, parameters: readonly SQLInputValue[]) => void; close: () => void } => {
  mkdirSync(dirname(path), { recursive: true })
  const db = new DatabaseSync(path, { timeout: 10_000, enableForeignKeyConstraints: false })
  const wal = !path.endsWith('marcus.db')
  db.exec(wal ? 'PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF' : 'PRAGMA synchronous = OFF')
  const statements = new Map<string, StatementSync>()
  return {
    run: (sql, parameters) => {
      if (statements.size > STATEMENTS_MAX) statements.clear()
      const statement = statements.get(sql) ?? db.prepare(sql)
      statements.set(sql, statement)
      statement.run(...parameters)
    },
    close: () => db.close(),
  }
}

const idleProcess = (): ChildProcess => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume().on("end", () => process.exit())'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  })
  child.unref()
  return child
}

/** The recorded service file, with this machine's folders, pid and port. */
const serviceFile = (
  boot: Boot,
  folder: string,
  pid: number,
  port: number | undefined,
): { name: string; text: string } => {
  const recorded = boot.service?.content ?? {}
  const known = textOr(recorded['working_directory'], '/data/marcus')
  const here = (text: string): string => text.replaceAll(known, folder)
  const moved = Object.fromEntries(
    Object.entries(recorded).map(([key, value]) => [key, typeof value === 'string' ? here(value) : value]),
  )
  const command = textOr(moved['mcp_command'], '')
  const withPort = port === undefined ? command : command.replace(/(--analytics-port )\d+/, `$1${port}`)
  const content = { ...moved, instance_id: `marcus_${pid}`, pid, mcp_command: withPort }
  return { name: `marcus_${pid}.json`, text: JSON.stringify(content, null, 2) }
}

export const marcusFolder = ({ path, port }: MarcusFolderOptions): MarcusFolder => {
  const databases = new Map<string, ReturnType<typeof openDatabase>>()
  const processes = new Map<number, ChildProcess>()
  const folders = new Set<string>()
  const place = (relative: string): string => {
    const full = join(path, relative)
    const folder = dirname(full)
    if (!folders.has(folder)) mkdirSync(folder, { recursive: true })
    folders.add(folder)
    return full
  }
  const replace = (relative: string, text: string): void => {
    const full = place(relative)
    writeFileSync(`${full}.tmp`, text)
    renameSync(`${full}.tmp`, full)
  }
  const startProcess = (boot: Boot): void => {
    const child = idleProcess()
    processes.set(boot.number, child)
    if (child.pid === undefined || boot.service === undefined) return
    const service = serviceFile(boot, path, child.pid, port)
    replace(`home/services/${service.name}`, service.text)
  }
  const stopProcess = (boot: Boot): void => {
    processes.get(boot.number)?.kill('SIGKILL')
    processes.delete(boot.number)
  }
  return {
    path,
    apply: (step) => {
      if (step.kind === 'append') appendFileSync(place(step.path), step.bytes)
      else if (step.kind === 'replace') replace(step.path, step.text)
      else if (step.kind === 'process') startProcess(step.boot)
      else if (step.kind === 'down') stopProcess(step.boot)
      else if (step.kind === 'sql') {
        const db = databases.get(step.path) ?? openDatabase(join(path, step.path))
        databases.set(step.path, db)
        db.run(step.sql, step.parameters)
      }
    },
    pid: (boot) => processes.get(boot.number)?.pid,
    close: () => {
      for (const child of processes.values()) child.kill('SIGKILL')
      processes.clear()
      for (const db of databases.values()) db.close()
      databases.clear()
    },
  }
}
