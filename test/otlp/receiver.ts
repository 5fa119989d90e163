/** The otlp receiver, opened for a test on free ports, and peers of bare bytes. */
import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { logs } from '../../core/kit/index.ts'
import { harness } from '../../core/kit/testing.ts'
import type { Harness, HarnessEnvironment } from '../../core/kit/testing.ts'
import otlp from '../../plugins/receivers/otlp/index.ts'

export const cleanups: (() => unknown)[] = []

export interface Opened {
  readonly test: Harness
  readonly grpc: string
  readonly http: string
}

interface Sections {
  readonly grpc?: object | null
  readonly http?: object | null
  readonly request_limit_mib?: number
}

/** Both protocols unless told otherwise; stopped after the test. */
export const open = async (
  { grpc = {}, http = {}, ...rest }: Sections = {},
  env: HarnessEnvironment = {},
): Promise<Opened> => {
  const protocols = {
    ...(grpc === null ? {} : { grpc: { endpoint: 'localhost:0', ...grpc } }),
    ...(http === null ? {} : { http: { endpoint: 'localhost:0', ...http } }),
  }
  const test = await harness(otlp, { protocols, ...rest }, env)
  await test.start()
  cleanups.push(() => test.stop())
  const places = test.inspect() as { readonly grpc?: string; readonly http?: string }
  return { test, grpc: places.grpc ?? '', http: places.http ?? '' }
}

/** A request of `n` log records whose bodies are `0`, `1`, … */
export const requestOf = (n: number): Buffer =>
  Buffer.concat(logs(Array.from({ length: n }, (_, i) => ({ body: String(i) }))).encode('otlp_proto'))

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Ask {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

/** One HTTP request; protobuf to /v1/logs unless told otherwise. */
export const ask = (
  address: string,
  { path = '/v1/logs', method = 'POST', headers = {}, body }: Ask,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest(`http://${address}${path}`, {
      method,
      agent: false,
      headers: { 'content-type': 'application/x-protobuf', ...headers },
    })
    outgoing.once('error', reject)
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    outgoing.end(body)
  })

export const askJson = (address: string, body: string, more: Ask = {}): Promise<Answer> =>
  ask(address, { ...more, body, headers: { 'content-type': 'application/json', ...more.headers } })

/** What a peer of bare bytes is sent until the connection ends. */
export const raw = (address: string, bytes: Buffer | string): Promise<string> =>
  new Promise((resolve) => {
    const [host, port] = address.split(':')
    const socket = connect(Number(port), host)
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
    cleanups.push(() => socket.destroy())
    socket.write(bytes)
  })
