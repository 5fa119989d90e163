/** The server is the official implementation, the messages are read by protobufjs. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import * as grpc from '@grpc/grpc-js'
import protobuf from 'protobufjs'
import { afterEach, describe, expect, it } from 'vitest'
import { logs } from 'seneca-collector'
import { encodeStatus } from 'seneca-collector/otlp'
import { conformance, harness } from 'seneca-collector/testing'
import { requestType } from '../../../core/model/testing/otlp-proto.ts'
import otlp from './index.ts'

const tlsFolder = new URL('../../../test/fixtures/tls', import.meta.url).pathname
const pem = (name: string): Buffer => readFileSync(`${tlsFolder}/${name}`)

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

type Call = grpc.ServerUnaryCall<Buffer, Buffer>
type Handler = (call: Call, answer: grpc.sendUnaryData<Buffer>) => void

const same = (bytes: Buffer): Buffer => bytes
const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
const service = {
  export: {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
}

/** A backend: takes calls and answers as it is told. */
const backend = async (
  handler: Handler = (_, answer) => answer(null, Buffer.alloc(0)),
  credentials = grpc.ServerCredentials.createInsecure(),
) => {
  const taken: Call[] = []
  const server = new grpc.Server()
  const take: Handler = (call, answer) => {
    taken.push(call)
    handler(call, answer)
  }
  server.addService(service, { export: take } as grpc.UntypedServiceImplementation)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  )
  cleanups.push(() => server.forceShutdown())
  return { taken, endpoint: `127.0.0.1:${port}`, server }
}

const exporter = async (options: object, environment: object = {}) => {
  const made = await harness(otlp, { tls: { insecure: true }, ...options }, environment)
  cleanups.push(() => made.stop())
  return made
}

const batch = logs([
  { eventName: 'task.blocked', severity: 13, attributes: { 'marcus.task.id': 't1' } },
  { body: 'plain' },
])

const failing =
  (code: grpc.status, details: string, metadata = new grpc.Metadata()): Handler =>
  (_, answer) =>
    answer({ code, details, metadata })

describe('a batch', () => {
  it.each(['gzip', 'deflate', 'none'])(
    'is a call that the official server understands, with compression %s',
    async (compression) => {
      const { taken, endpoint } = await backend()
      await (await exporter({ endpoint, compression, headers: { 'X-Api-Key': 'k' } })).consume(batch)
      expect(taken[0]?.metadata.get('x-api-key')).toEqual(['k'])
      const request = requestType.toObject(requestType.decode(taken[0]?.request as Buffer)) as {
        resourceLogs: { scopeLogs: { logRecords: object[] }[] }[]
      }
      const records = request.resourceLogs.flatMap((one) => one.scopeLogs.flatMap((scope) => scope.logRecords))
      expect(records).toMatchObject([
        {
          eventName: 'task.blocked',
          severityNumber: 13,
          attributes: [
            { key: 'marcus.task.id', value: { stringValue: 't1' } },
            { key: 'event.name', value: { stringValue: 'task.blocked' } },
          ],
        },
        { body: { stringValue: 'plain' } },
      ])
    },
  )

  it('is one of many on the same connection', async () => {
    const answers: (() => void)[] = []
    const peers = new Set<string>()
    const { endpoint } = await backend((call, answer) => {
      peers.add(call.getPeer())
      answers.push(() => answer(null, Buffer.alloc(0)))
      // None is answered before all are there.
      if (answers.length === 20) for (const one of answers) one()
    })
    const one = await exporter({ endpoint })
    await Promise.all(Array.from({ length: 20 }, () => one.consume(batch)))
    expect(peers.size).toBe(1)
  })

  it('of nothing is no call', async () => {
    const { taken, endpoint } = await backend()
    await (await exporter({ endpoint })).consume(logs([]))
    expect(taken).toEqual([])
  })
})

describe('an answer', () => {
  it.each([
    ['CANCELLED', true],
    ['UNKNOWN', false],
    ['INVALID_ARGUMENT', false],
    ['DEADLINE_EXCEEDED', true],
    ['NOT_FOUND', false],
    ['ALREADY_EXISTS', false],
    ['PERMISSION_DENIED', false],
    ['RESOURCE_EXHAUSTED', false],
    ['FAILED_PRECONDITION', false],
    ['ABORTED', true],
    ['OUT_OF_RANGE', true],
    ['UNIMPLEMENTED', false],
    ['INTERNAL', false],
    ['UNAVAILABLE', true],
    ['DATA_LOSS', true],
    ['UNAUTHENTICATED', false],
  ] as const)('of %s may be tried again: %s', async (code, retryable) => {
    const { endpoint } = await backend(failing(grpc.status[code], 'so it is'))
    await expect((await exporter({ endpoint })).consume(batch)).rejects.toMatchObject({
      retryable,
      message: expect.stringContaining(`${code}: so it is`),
    })
  })

  it('with RetryInfo says when, and makes RESOURCE_EXHAUSTED one to come back to', async () => {
    const metadata = new grpc.Metadata()
    metadata.set(
      'grpc-status-details-bin',
      Buffer.from(encodeStatus({ code: grpc.status.RESOURCE_EXHAUSTED, message: 'later', retryAfterMs: 7_500 })),
    )
    const { endpoint } = await backend(failing(grpc.status.RESOURCE_EXHAUSTED, 'later', metadata))
    await expect((await exporter({ endpoint })).consume(batch)).rejects.toMatchObject({
      retryable: true,
      retryAfterMs: 7_500,
    })
  })

  it('that took a part is not sent again: what was refused is counted', async () => {
    const type = protobuf.Root.fromJSON({
      nested: {
        Response: { fields: { partialSuccess: { type: 'Partial', id: 1 } } },
        Partial: { fields: { rejectedLogRecords: { type: 'int64', id: 1 }, errorMessage: { type: 'string', id: 2 } } },
      },
    }).lookupType('Response')
    const partial = Buffer.from(
      type.encode({ partialSuccess: { rejectedLogRecords: 1, errorMessage: 'too old' } }).finish(),
    )
    const { endpoint } = await backend((_, answer) => answer(null, partial))
    const one = await exporter({ endpoint })
    await one.consume(batch)
    expect(one.dropped).toEqual({ 'rejected by the server': 1 })
    expect(one.logs.at(-1)).toMatchObject({ level: 'warn', fields: { rejected: 1, message: 'too old' } })
  })

  it('that does not come is tried again, when the time is up as well', async () => {
    const silent = await backend(() => undefined)
    const one = await exporter({ endpoint: silent.endpoint })
    const limit = new AbortController()
    const sent = one.consume(batch, limit.signal)
    limit.abort()
    await expect(sent).rejects.toMatchObject({ retryable: true })
    silent.server.forceShutdown()
    await expect(one.consume(batch)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('from a server that speaks no gRPC says so', async () => {
    const server = createServer((_, response) => response.end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => server.close())
    const { port } = server.address() as { port: number }
    await expect((await exporter({ endpoint: `127.0.0.1:${port}` })).consume(batch)).rejects.toThrow(/127\.0\.0\.1/)
  })
})

describe('a connection', () => {
  const own = { cert_file: 'client.pem', key_file: 'client.key' }

  it('is TLS with the client’s certificate, where the server asks for one', async () => {
    const pair = { cert_chain: pem('server.pem'), private_key: pem('server.key') }
    const { taken, endpoint } = await backend(undefined, grpc.ServerCredentials.createSsl(pem('ca.pem'), [pair], true))
    const tls = { insecure: false, ca_file: 'ca.pem', server_name_override: 'collector.test' }
    await (await exporter({ endpoint, tls: { ...tls, ...own } }, { folder: tlsFolder })).consume(batch)
    expect(taken).toHaveLength(1)
    await expect((await exporter({ endpoint, tls }, { folder: tlsFolder })).consume(batch)).rejects.toMatchObject({
      code: 'unavailable',
    })
    await expect((await exporter({ endpoint, tls: { insecure: false } })).consume(batch)).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/certificate/),
    })
  })

  const proxy = async (answer: (socket: Duplex) => void = () => undefined) => {
    const asked: string[] = []
    const server = createServer()
    server.on('connect', (request, socket: Duplex) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`)
      socket.on('error', () => undefined)
      answer(socket)
      if (socket.writableEnded) return
      const there = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(there).pipe(socket)
      })
      there.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return { asked, url: `http://me:p%40ss@127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  it('goes through a proxy, plain and as TLS', async () => {
    const plain = await backend()
    const { asked, url } = await proxy()
    const one = await exporter({ endpoint: plain.endpoint, proxy_url: url })
    await one.consume(batch)
    await one.consume(batch)
    const pair = { cert_chain: pem('server.pem'), private_key: pem('server.key') }
    const secure = await backend(undefined, grpc.ServerCredentials.createSsl(null, [pair], false))
    const tls = { insecure: false, ca_file: 'ca.pem', server_name_override: 'collector.test' }
    await (await exporter({ endpoint: secure.endpoint, proxy_url: url, tls }, { folder: tlsFolder })).consume(batch)
    expect([plain.taken.length, secure.taken.length]).toEqual([2, 1])
    const credentials = `Basic ${Buffer.from('me:p@ss').toString('base64')}`
    expect(asked).toEqual([`${plain.endpoint} ${credentials}`, `${secure.endpoint} ${credentials}`])
  })

  it('says what a proxy that refuses has answered, and without the password', async () => {
    const { endpoint } = await backend()
    const { url } = await proxy((socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))
    const error = await (await exporter({ endpoint, proxy_url: url })).consume(batch).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining('answered 407 to CONNECT') })
    expect(String(error)).not.toContain('p%40ss')
  })

  it('shows the authenticator’s headers at each call', async () => {
    const { taken, endpoint } = await backend()
    let token = 0
    const face = { clientHeaders: async () => ({ authorization: `Bearer ${++token}` }) }
    const one = await exporter({ endpoint, auth: { authenticator: 'tokens' } }, { extensions: { tokens: face } })
    await one.consume(batch)
    await one.consume(batch)
    expect(taken.map((call) => call.metadata.get('authorization')[0])).toEqual(['Bearer 1', 'Bearer 2'])
  })
})

describe('the options', () => {
  it.each([
    [{}, /endpoint/],
    [{ endpoint: 'localhost' }, /is no address to dial; write host:port/],
    [{ endpoint: 'http://x:1/v1/logs' }, /gRPC has no path/],
    [{ endpoint: 'x:1', compression: 'snappy' }, /compression/],
    [{ endpoint: 'x:1', headers: { 'grpc-timeout': '1' } }, /headers\.grpc-timeout: .*cannot be metadata/],
    [{ endpoint: 'x:1', headers: [{ name: 'grpc-timeout', value: '1' }] }, /headers\.0\.name: .*cannot be metadata/],
    [{ endpoint: 'x:1', auth: { authenticator: 'who' } }, /there is no extension 'who'/],
  ])('%j are refused', async (options, message) => {
    await expect(harness(otlp, options)).rejects.toThrow(message)
  })
})

describe('the plugin', () => {
  for (const check of conformance(otlp, { folder: import.meta.dirname })) it(check.name, check.run)
})
