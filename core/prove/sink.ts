/** A destination for OTLP over HTTP that behaves as badly as it is told to, and notes what it has truly taken. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { freePort } from '../http/free-port.ts'
import { nodeHttp } from '../kit/node-http.ts'
import { once } from 'node:events'
import { decode } from '../model/index.ts'

/**
 * `up` takes; `unavailable` answers 503, `busy` 429 with Retry-After; `slow` takes after a while; `hang` never answers; `cut` closes in
 * the middle of the body; `late` takes, and closes before the answer has gone: the sender cannot know; `error` answers 500 and
 * `refuse` 400, both of which OTLP calls permanent: never send it again.
 */
export const moods = ['up', 'unavailable', 'error', 'busy', 'slow', 'hang', 'cut', 'late', 'refuse'] as const
export type Mood = (typeof moods)[number]

export interface Sink {
  readonly port: number
  mood: Mood
  /** Stops listening, with its connections; `listen` begins again on the same port. */
  close(): Promise<void>
  listen(): Promise<void>
}

const SLOW_MS = 400
/** No collector sends as much at once. */
const BODY_MAX = 64 * 1024 * 1024

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request) {
    size += (piece as Buffer).length
    if (size > BODY_MAX) throw new Error('the body is larger than any that the collector sends')
    pieces.push(piece as Buffer)
  }
  return Buffer.concat(pieces)
}

export const createSink = async (delivered: (id: string) => void): Promise<Sink> => {
  let server: Server | undefined
  const port = await freePort()
  let mood: Mood = 'up'
  const take = (body: Buffer): void => {
    for (const record of decode('logs', 'otlp_proto', body)) {
      const id = record.attributes.get('log.record.uid')
      if (typeof id === 'string') delivered(id)
    }
  }
  const answers: Readonly<Record<Mood, (body: Buffer, response: ServerResponse) => void>> = {
    up(body, response) {
      take(body)
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    },
    slow(body, response) {
      setTimeout(() => answers.up(body, response), SLOW_MS)
    },
    late(body, response) {
      take(body)
      response.destroy()
    },
    refuse: (_body, response) => void response.writeHead(400).end('never'),
    unavailable: (_body, response) => void response.writeHead(503).end(),
    error: (_body, response) => void response.writeHead(500).end('no'),
    busy: (_body, response) => void response.writeHead(429, { 'retry-after': '1' }).end(),
    hang: () => {},
    cut: (_body, response) => void response.destroy(),
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (mood === 'cut') {
      request.once('data', () => response.destroy())
      return
    }
    const body = await bodyOf(request)
    answers[mood](body, response)
  }
  const sink: Sink = {
    port,
    get mood() {
      return mood
    },
    set mood(next) {
      mood = next
    },
    async close() {
      const closing = server
      server = undefined
      if (!closing) return
      closing.close()
      closing.closeAllConnections()
      await once(closing, 'close')
    },
    async listen() {
      if (server) return
      server = nodeHttp.createServer(
        (request, response) => void serve(request, response).catch(() => response.destroy()),
      )
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
  await sink.listen()
  return sink
}
