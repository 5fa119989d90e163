/** How verbs speak to a running collector. Who is not there is said in a sentence with what to do. */
import type { IncomingMessage } from 'node:http'
import { CollectorError } from '../kit/errors.ts'
import { findSocketPath } from './data-directory.ts'

/** See server.ts. */
const { request: httpRequest } = process.getBuiltinModule('node:http')

export interface ControlClient {
  get(path: string): Promise<unknown>
  post(path: string): Promise<unknown>
  /** Lines of a stream until it ends or `signal` aborts; `opened` is called when the collector has answered. */
  lines(path: string, signal: AbortSignal, opened?: () => void): AsyncGenerator<string>
}

const ANSWER_BYTES_MOST = 256 * 1024 * 1024

const nobody = (dataDirectory: string, cause: unknown): CollectorError =>
  new CollectorError(
    'no_collector',
    `no collector is running in ${dataDirectory}; start one with: seneca-collector run`,
    { cause },
  )

const failure = (error: NodeJS.ErrnoException, dataDirectory: string): CollectorError => {
  if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'].includes(error.code ?? '')) return nobody(dataDirectory, error)
  if (error.code === 'EACCES')
    return new CollectorError('no_collector', `the collector in ${dataDirectory} belongs to another user`, {
      cause: error,
    })
  return new CollectorError(
    'no_collector',
    `the collector in ${dataDirectory} broke off the connection: ${error.message}`,
    { cause: error },
  )
}

export const controlClient = (dataDirectory: string): ControlClient => {
  const open = (method: string, path: string, signal?: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(
        { socketPath: findSocketPath(dataDirectory), method, path, agent: false, ...(signal && { signal }) },
        resolve,
      )
      sent.on('error', (error) => reject(failure(error, dataDirectory)))
      sent.end()
    })

  const read = async (response: IncomingMessage): Promise<unknown> => {
    const pieces: Buffer[] = []
    let bytes = 0
    for await (const piece of response) {
      pieces.push(piece as Buffer)
      bytes += (piece as Buffer).length
      if (bytes > ANSWER_BYTES_MOST) throw new CollectorError('too_large', 'the collector answered more than 256 MiB')
    }
    return JSON.parse(Buffer.concat(pieces).toString('utf8'))
  }

  const checked = async (response: IncomingMessage): Promise<IncomingMessage> => {
    if (response.statusCode === 200) return response
    const answer = (await read(response)) as { readonly message?: string }
    throw new CollectorError(
      response.statusCode === 404 ? 'not_found' : response.statusCode === 400 ? 'usage' : 'rejected',
      answer.message ?? 'the collector refused',
    )
  }

  const call = async (method: string, path: string): Promise<unknown> => {
    try {
      return await read(await checked(await open(method, path)))
    } catch (error) {
      throw error instanceof CollectorError ? error : failure(error as NodeJS.ErrnoException, dataDirectory)
    }
  }

  return {
    get: (path) => call('GET', path),
    post: (path) => call('POST', path),
    async *lines(path, signal, opened) {
      if (signal.aborted) return
      const response = await open('GET', path, signal).then(checked)
      opened?.()
      let rest = ''
      try {
        response.setEncoding('utf8')
        for await (const piece of response) {
          const parts = (rest + String(piece)).split('\n')
          rest = parts.pop() ?? ''
          for (const line of parts) if (line !== '') yield line
        }
      } catch (error) {
        if (!signal.aborted) throw failure(error as NodeJS.ErrnoException, dataDirectory)
      }
    },
  }
}
