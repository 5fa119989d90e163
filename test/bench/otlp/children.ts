/** The sink and the load generator as the bench sees them: processes of their own, so that their CPU is not counted. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { SendOptions, Sent } from './sender-child.ts'
import type { FromSink, SinkOptions, SinkReport, ToSink } from './sink-child.ts'

const start = (file: string): ChildProcess =>
  fork(join(import.meta.dirname, file), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })

export interface Sink {
  readonly port: number
  /** Records that came so far. */
  seen(): number
  report(): Promise<SinkReport>
  stop(): void
}

export const startSink = async (options: SinkOptions): Promise<Sink> => {
  const child = start('sink-child.ts')
  const tell = (message: ToSink): void => void child.send(message)
  let seen = 0
  const answer = <T>(read: (message: FromSink) => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const listener = (message: FromSink): void => {
        const value = read(message)
        if (value === undefined) return
        child.off('message', listener)
        resolve(value)
      }
      child.on('message', listener)
    })
  child.on('message', (message: FromSink) => {
    if ('seen' in message) ({ seen } = message)
  })
  tell({ listen: options })
  const port = await answer((message) => ('port' in message ? message.port : undefined))
  return {
    port,
    seen: () => seen,
    report: () => {
      tell({ report: true })
      return answer((message) => ('report' in message ? message.report : undefined))
    },
    stop: () => child.kill('SIGKILL'),
  }
}

/** Resolves when all was taken; rejects when a request is refused for good. */
export const send = async (options: SendOptions): Promise<Sent> => {
  const child = start('sender-child.ts')
  child.send(options)
  const [answer] = (await once(child, 'message')) as [Sent | { readonly error: string }]
  child.kill('SIGKILL')
  if ('error' in answer) throw new Error(answer.error)
  return answer
}
