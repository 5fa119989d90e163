import { credentials, Client, Metadata, status } from '@grpc/grpc-js'
import type { ServiceError } from '@grpc/grpc-js'
import { CollectorError } from 'seneca-collector'
import { partialSuccess, readStatus } from 'seneca-collector/otlp'
import { conformance } from 'seneca-collector/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { cleanups, open, raw, requestOf } from '../../../test/otlp/receiver.ts'
import { waitFor } from '../../../test/setup/wait-for.ts'
import otlp from './index.ts'
import { grpcMethods } from './signals.ts'

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const same = (bytes: Buffer): Buffer => bytes

/** One Export call of the official implementation. */
const exporter = (address: string) => {
  const client = new Client(address, credentials.createInsecure())
  cleanups.push(() => client.close())
  return (body: Buffer, method: string = grpcMethods.logs): Promise<Buffer> =>
    new Promise((resolve, reject) =>
      client.makeUnaryRequest(method, same, same, body, new Metadata(), {}, (error, answer) =>
        error ? reject(error) : resolve(answer as Buffer),
      ),
    )
}
const failure = async (call: Promise<Buffer>): Promise<ServiceError> =>
  (await call.then(
    () => undefined,
    (error: unknown) => error,
  )) as ServiceError

describe('OTLP over gRPC', () => {
  it('takes requests, empty ones too, and names what was refused', async () => {
    const { test, grpc } = await open()
    const send = exporter(grpc)
    expect(await send(requestOf(3))).toHaveLength(0)
    expect(await send(Buffer.alloc(0))).toHaveLength(0)
    expect(test.records().map(({ body }) => body)).toEqual(['0', '1', '2'])
    test.follow(() => ({ refused: 1, reason: 'no body' }))
    expect(partialSuccess('logs', await send(requestOf(2)))).toEqual({
      rejected: 1,
      message: '1 of 2 records: no body',
    })
    expect(await failure(send(requestOf(1)))).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'no body' })
  })

  it('says where a request is broken', async () => {
    const { grpc } = await open()
    const error = await failure(exporter(grpc)(requestOf(2).subarray(0, -1)))
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringMatching(/at byte \d+/) })
  })

  it('asks to come again, and says when', async () => {
    const { test, grpc } = await open()
    const errors = [
      new CollectorError('memory_limit', 'full', { retryable: true, retryAfterMs: 2_100 }),
      new CollectorError('unavailable', 'down', { retryable: true }),
      new CollectorError('plugin_failed', 'a bug'),
    ]
    test.follow(() => {
      throw errors.shift() as Error
    })
    const send = exporter(grpc)
    const seen = []
    for (let i = 0; i < 3; i++) {
      const { code, metadata } = await failure(send(requestOf(1)))
      const details = metadata.get('grpc-status-details-bin')[0] as Buffer | undefined
      seen.push([code, details === undefined ? undefined : readStatus(details).retryAfterMs])
    }
    expect(seen).toEqual([
      [status.RESOURCE_EXHAUSTED, 2_100],
      [status.UNAVAILABLE, 5_000],
      [status.INTERNAL, undefined],
    ])
    expect(test.inspect()).toMatchObject({ refused_requests: { busy: 1, down: 1, failed: 1 } })
  })

  it('takes the signals of its pipelines only', async () => {
    const { grpc } = await open({}, { signals: ['logs'] })
    expect(await failure(exporter(grpc)(Buffer.alloc(0), grpcMethods.traces))).toMatchObject({
      code: status.UNIMPLEMENTED,
      details: expect.stringMatching(/there is \/opentelemetry.proto.collector.logs.v1.LogsService\/Export/),
    })
  })

  it('tells HTTP clients at its port where they belong', async () => {
    const { test, grpc, http } = await open()
    expect(await raw(grpc, 'POST /v1/logs HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(
      `OTLP over HTTP is another port, at http://${http}; or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc`,
    )
    expect(await raw(grpc, Buffer.from([22, 3, 1, 2, 0, 1]))).toBe('')
    expect(test.inspect()).toMatchObject({
      refused_requests: { wrong_protocol: 2 },
      last_refusal: { protocol: 'grpc', message: expect.stringMatching(/TLS came to the gRPC port, which is plain/) },
    })
  })

  it('answers what is open when it stops', async () => {
    const { test, grpc } = await open()
    let release = (): void => {}
    let isThere = false
    test.follow(() => {
      isThere = true
      return new Promise<void>((resolve) => (release = resolve))
    })
    const call = exporter(grpc)(requestOf(1))
    await waitFor('it is there', () => isThere)
    const stopped = test.stop()
    release()
    expect(await call).toHaveLength(0)
    await stopped
    expect(test.batches).toHaveLength(1)
  })
})

describe('the plugin', () => {
  it('serves a protocol that is named and nothing else, and says that a port is taken', async () => {
    const { test, grpc, http } = await open({ http: null })
    expect(http).toBe('')
    await expect(open({ http: null, grpc: { endpoint: grpc.replace('127.0.0.1', 'localhost') } })).rejects.toThrow(
      /something else listens there already/,
    )
    cleanups.pop()
    cleanups.push(() => test.stop())
  })

  it('warns when everybody can write into it', async () => {
    const { test } = await open({ http: null, grpc: { endpoint: '0.0.0.0:0' } })
    expect(test.logs.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: expect.stringMatching(/anybody who reaches 0.0.0.0:0 \(grpc\) can send records/) },
    ])
  })

  const prepare = (options: unknown) => ({
    options: JSON.parse(
      JSON.stringify(options)
        .replaceAll('{}', '{"endpoint":"localhost:0"}')
        .replace(/:43\d\d/g, ':0'),
    ) as unknown,
  })
  for (const check of conformance(otlp, { folder: import.meta.dirname, prepare })) it(check.name, check.run)
})
