/**
 * Answers no destination should give, to every exporter that speaks HTTP or gRPC: broken statuses, headers, lengths, bodies,
 * frames, silence. Each batch is answered for in time, the books are right, and the next batch goes out when the answers are
 * sound again.
 */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { metrics } from 'seneca-collector'
import { freePort } from '../../core/http/free-port.ts'
import { startFuzzed } from './collector.ts'
import type { Dice } from './dice.ts'
import { defineFuzzer } from './fuzzer.ts'
import { requests } from './samples.ts'
import { answeringOf, brokenAnswer, startSwitched } from './switched-server.ts'

const ANSWER_MS_MAX = 15_000
/** Field 1 of an Export…Response: partial success, with a count and a message. */
const PARTIAL = Buffer.from([0x0a, 0x06, 0x08, 0x02, 0x12, 0x02, 0x6e, 0x6f])
const BODIES = [
  PARTIAL,
  Buffer.from('{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"no"}}'),
  Buffer.from(
    '{"code":8,"message":"no","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0s"}]}',
  ),
  Buffer.from([0x08, 0x08, 0x12, 0x02, 0x6e, 0x6f]),
]

const h2Frame = (dice: Dice): Buffer => {
  const payload = dice.bytes(dice.pick([0, 4, 5, 6, 8, dice.int(200)]))
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.set([dice.int(12), dice.int(256)], 3)
  head.writeUInt32BE(dice.pick([0, 1, 2, 3, 2 ** 31 - 1]), 5)
  return Buffer.concat([head, payload])
}
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
/** What a gRPC server says first, then anything. */
const framesOf = (dice: Dice): Buffer =>
  Buffer.concat([SETTINGS, ...Array.from({ length: dice.int(6) }, () => h2Frame(dice))])

const metricsRequest = Buffer.concat(
  metrics([{ name: 'm', type: 'gauge', dataPoints: [{ value: 1, time: BigInt(Date.now()) * 1_000_000n }] }]).encode(
    'otlp_proto',
  ),
)

const startSink = async (): Promise<{ readonly port: number; close(): Promise<void> }> => {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () =>
      response
        .writeHead(request.url?.startsWith('/v1/') ? 200 : 204, { 'content-type': 'application/x-protobuf' })
        .end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const alone = { timeout: '1s', sending_queue: { enabled: false }, retry_on_failure: { enabled: false } }
const configOf = (http: number, grpc: number, grpcIn: number) => ({
  receivers: {
    otlp: { protocols: { http: { endpoint: 'localhost:0' } } },
    'otlp/behind': { protocols: { grpc: { endpoint: `127.0.0.1:${grpcIn}` } } },
  },
  exporters: {
    otlp_http: { endpoint: `http://127.0.0.1:${http}`, ...alone },
    'otlp_http/json': { endpoint: `http://127.0.0.1:${http}`, encoding: 'json', ...alone },
    otlp: { endpoint: `127.0.0.1:${grpc}`, tls: { insecure: true }, ...alone },
    webhook: { url: `http://127.0.0.1:${http}/hook`, ...alone },
    loki: { endpoint: `http://127.0.0.1:${http}/loki/api/v1/push`, ...alone },
    prometheusremotewrite: { endpoint: `http://127.0.0.1:${http}/write`, ...alone },
    file: { path: '/dev/null' },
  },
  service: {
    pipelines: {
      logs: { receivers: ['otlp'], exporters: ['otlp_http', 'otlp_http/json', 'otlp', 'webhook', 'loki'] },
      metrics: { receivers: ['otlp'], exporters: ['prometheusremotewrite'] },
      'logs/behind': { receivers: ['otlp/behind'], exporters: ['file'] },
    },
  },
})

export default defineFuzzer({
  name: 'remote-answers',
  promise: 'answers that no destination should give settle their batch, and the next one goes out',
  rounds: 15,
  async open(folder) {
    const sink = await startSink()
    const behind = await freePort()
    const [http, grpc] = [await startSwitched(sink.port), await startSwitched(behind)]
    const fuzzed = await startFuzzed(configOf(http.port, grpc.port, behind), folder)
    const { http: address } = await fuzzed.inspect<{ readonly http: string }>('receiver/otlp')
    const send = async (path: string, body: Uint8Array): Promise<number> => {
      const headers = { 'content-type': 'application/x-protobuf' }
      const signal = AbortSignal.timeout(ANSWER_MS_MAX)
      const answer = await fetch(`http://${address}${path}`, { method: 'POST', headers, body, signal } as RequestInit)
      await answer.arrayBuffer()
      return answer.status
    }
    const sendBoth = (): Promise<number[]> =>
      Promise.all([send('/v1/logs', requests.otlp_proto), send('/v1/metrics', metricsRequest)])
    return {
      async round(dice) {
        http.answerWith(
          answeringOf(
            dice,
            Array.from({ length: 5 }, () => brokenAnswer(dice, dice.pick(BODIES))),
          ),
        )
        grpc.answerWith(answeringOf(dice, [framesOf(dice), brokenAnswer(dice, PARTIAL)]))
        for (const status of await sendBoth())
          assert.ok(status === 200 || (status >= 400 && status <= 503), `an answer of ${status}`)
        fuzzed.check()
        http.answerWith(undefined)
        grpc.answerWith(undefined)
        let last: number[] = []
        // A connection that was cut may be found out only by the next request.
        for (let n = 0; n < 5 && last.join() !== '200,200'; n++) last = await sendBoth()
        assert.deepEqual(
          last,
          [200, 200],
          `sound answers again, and ${JSON.stringify(fuzzed.host.collector.status().filter(({ state }) => state !== 'ok'))}`,
        )
        fuzzed.check()
      },
      async close() {
        await fuzzed.close()
        await Promise.all([http.close(), grpc.close(), sink.close()])
      },
    }
  },
})
