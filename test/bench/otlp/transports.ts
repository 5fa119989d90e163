/** OTLP over HTTP and over gRPC, as little of both as a load generator and a sink need. */
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { gunzipSync } from 'node:zlib'

export type Protocol = 'http' | 'grpc'

const GRPC_PATH = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
/** Compressed flag and length. Source: gRPC over HTTP/2, "Length-Prefixed-Message". */
const GRPC_PREFIX = 5
const WINDOW = 8 << 20

const framed = (body: Buffer, compressed = false): Buffer => {
  const frame = Buffer.alloc(GRPC_PREFIX + body.length)
  frame[0] = compressed ? 1 : 0
  frame.writeUInt32BE(body.length, 1)
  body.copy(frame, GRPC_PREFIX)
  return frame
}

export interface Listening {
  readonly port: number
  close(): void
}

const listen = async (server: Server, port: number): Promise<Listening> => {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() }
}

const serveHttp = (port: number, take: (body: Buffer) => void): Promise<Listening> => {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const body = Buffer.concat(chunks)
      take(req.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
      res.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 }).end()
    })
  })
  return listen(server, port)
}

const serveGrpc = (port: number, take: (body: Buffer) => void): Promise<Listening> => {
  const server = http2.createServer({ settings: { initialWindowSize: WINDOW, maxConcurrentStreams: 1_000 } })
  server.on('session', (session) => session.setLocalWindowSize(WINDOW))
  server.on('sessionError', () => undefined)
  server.on('stream', (stream) => {
    const chunks: Buffer[] = []
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const frame = Buffer.concat(chunks)
      const body = frame.subarray(GRPC_PREFIX)
      take(frame[0] === 1 ? gunzipSync(body) : body)
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(framed(Buffer.alloc(0)))
    })
  })
  return listen(server, port)
}

/** A sink that says yes to everything; `port` 0: any. */
export const serve = (protocol: Protocol, port: number, take: (body: Buffer) => void): Promise<Listening> =>
  protocol === 'http' ? serveHttp(port, take) : serveGrpc(port, take)

/** Sends one request body; resolves with true when it was taken, false when it may be sent again. */
export type Post = (body: Buffer) => Promise<boolean>

const httpPost = (port: number, gzip: boolean): Post => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const headers = {
    'content-type': 'application/x-protobuf',
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
  }
  return (body) =>
    new Promise((resolve) => {
      const options = { agent, host: '127.0.0.1', port, path: '/v1/logs', method: 'POST' }
      const req = request({ ...options, headers: { ...headers, 'content-length': body.length } }, (res) => {
        res.resume().on('end', () => resolve(res.statusCode! < 300))
      })
      req.on('error', () => resolve(false))
      req.end(body)
    })
}

const grpcPost = (port: number, gzip: boolean): Post => {
  const session = http2.connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: WINDOW } })
  session.on('error', () => undefined)
  const headers = {
    ':method': 'POST',
    ':path': GRPC_PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(gzip ? { 'grpc-encoding': 'gzip' } : {}),
  }
  return (body) =>
    new Promise((resolve) => {
      let status: unknown
      const stream = session.request(headers)
      stream.on('response', (answer) => (status = answer['grpc-status']))
      stream.on('trailers', (trailers) => (status = trailers['grpc-status']))
      stream.on('error', () => resolve(false))
      stream.on('close', () => resolve(status === '0'))
      stream.resume().end(framed(body, gzip))
    })
}

/** A connection of its own to a collector's receiver. `gzip`: the bodies are compressed. */
export const connect = (protocol: Protocol, port: number, gzip: boolean): Post =>
  protocol === 'http' ? httpPost(port, gzip) : grpcPost(port, gzip)
