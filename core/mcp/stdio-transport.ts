/**
 * A server over a child's stdin and stdout, one JSON-RPC message a line.
 *
 * - A line that is no JSON (a print left in the server) is skipped and counted; one that is JSON and no JSON-RPC is
 *   counted as malformed. Neither ends the connection.
 * - A line beyond `maxBytes` is thrown away as it comes; the request it answers fails at once instead of timing out.
 * - The last lines of stderr are kept for the reason given when the child ends.
 * - `close` is end of stdin, SIGTERM after 2 s, SIGKILL after 2 s more.
 */
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { parseJSONRPCMessage } from '@modelcontextprotocol/client'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import type { Clock } from '../kit/clock.ts'
import { CollectorError } from '../kit/errors.ts'
import { refusal } from './refusal.ts'
import type { StdioOptions } from './types.ts'

const INHERITED = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', 'LANG', 'TZ', 'TMPDIR']
const GRACE_MS = 2_000
const STDERR_BYTES = 4_096
const NEWLINE = 10

export interface StdioTransport extends Transport {
  /** Present so that the client knows the kind of transport; its text is in `lastWords`. */
  readonly stderr: null
  readonly pid: number | null
  lastWords(): string
}

export interface StdioHooks {
  readonly maxBytes: number
  readonly clock: Clock
  readonly onSkipped: (line: string) => void
  readonly onMalformed: (reason: string) => void
  readonly onTooLarge: () => void
}

const environment = (extra: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const env: Record<string, string> = {}
  for (const name of INHERITED) {
    const value = process.env[name]
    if (value !== undefined && !value.startsWith('()')) env[name] = value
  }
  return { ...env, ...extra }
}

/** Cuts a byte stream into lines with a bound; calls `onLong` with the head of a line that is thrown away. */
const lines = (maxBytes: number, onLine: (line: Buffer) => void, onLong: (head: Buffer) => void) => {
  let parts: Buffer[] = []
  let length = 0
  let skipping = false
  const take = (piece: Buffer): void => {
    if (skipping) return
    length += piece.length
    if (length > maxBytes) {
      skipping = true
      onLong(Buffer.concat([...parts, piece]).subarray(0, 512))
      parts = []
      return
    }
    parts.push(piece)
  }
  return (chunk: Buffer): void => {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, at))
      if (!skipping) onLine(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts))
      parts = []
      length = 0
      skipping = false
      from = at + 1
    }
    if (from < chunk.length) take(chunk.subarray(from))
  }
}

const waitExit = (child: ChildProcessWithoutNullStreams, clock: Clock, ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve(true)
      return
    }
    const cancel = clock.after(ms, () => resolve(false))
    child.once('exit', () => {
      cancel()
      resolve(true)
    })
  })

const endProcess = async (child: ChildProcessWithoutNullStreams, clock: Clock): Promise<void> => {
  child.stdin.end()
  if (!(await waitExit(child, clock, GRACE_MS))) child.kill('SIGTERM')
  if (!(await waitExit(child, clock, GRACE_MS))) child.kill('SIGKILL')
  child.stdout.destroy()
  child.stderr.destroy()
}

/** What becomes of a line: a message, or something counted. */
const reader = (hooks: StdioHooks, deliver: (message: JSONRPCMessage) => void) => {
  const onLine = (line: Buffer): void => {
    const text = line.toString('utf8').trim()
    if (text === '') return
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      hooks.onSkipped(text)
      return
    }
    let message: JSONRPCMessage
    try {
      message = parseJSONRPCMessage(json)
    } catch {
      if (typeof json === 'object' && json !== null)
        hooks.onMalformed('a line on stdout is JSON and no JSON-RPC message')
      else hooks.onSkipped(text)
      return
    }
    deliver(message)
  }
  const onLong = (head: Buffer): void => {
    hooks.onTooLarge()
    const id = /"id"\s*:\s*(\d+|"[^"]{1,100}")/.exec(head.toString('utf8'))?.[1]
    if (id !== undefined)
      deliver(refusal(JSON.parse(id) as string | number, 'too_large', `an answer is over ${hooks.maxBytes} bytes`))
  }
  return { onLine, onLong }
}

const notStarted = (command: string, error: NodeJS.ErrnoException): CollectorError =>
  new CollectorError(
    'unavailable',
    error.code === 'ENOENT' ? `command "${command}" (or its folder) was not found` : error.message,
    {
      retryable: true,
      cause: error,
    },
  )

export const stdioTransport = (options: StdioOptions, hooks: StdioHooks): StdioTransport => {
  let child: ChildProcessWithoutNullStreams | undefined
  let words = ''
  const { onLine, onLong } = reader(hooks, (message) => transport.onmessage?.(message))

  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const started = spawn(options.command, [...(options.args ?? [])], {
        env: environment(options.env),
        cwd: options.cwd,
        stdio: 'pipe',
      })
      child = started
      started.once('spawn', resolve)
      started.once('error', (error) => {
        reject(notStarted(options.command, error))
        transport.onclose?.()
      })
      started.stdin.on('error', (error) => transport.onerror?.(error))
      started.stdout.on('data', lines(hooks.maxBytes, onLine, onLong))
      started.stderr.on('data', (chunk: Buffer) => {
        words = (words + chunk.toString('utf8')).slice(-STDERR_BYTES)
      })
      started.once('close', () => {
        if (child !== started) return
        child = undefined
        transport.onclose?.()
      })
    })

  const close = async (): Promise<void> => {
    const ending = child
    child = undefined
    if (ending === undefined || ending.pid === undefined) return
    await endProcess(ending, hooks.clock)
    transport.onclose?.()
  }

  const transport: StdioTransport = {
    stderr: null,
    get pid() {
      return child?.pid ?? null
    },
    lastWords: () => words.trim().split('\n').slice(-3).join(' | '),
    start,
    close,
    send: (message) =>
      new Promise((resolve, reject) => {
        if (child === undefined) {
          reject(new CollectorError('unavailable', 'the process has ended', { retryable: true }))
          return
        }
        child.stdin.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()))
      }),
  }
  return transport
}
