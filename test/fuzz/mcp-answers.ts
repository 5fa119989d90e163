/**
 * Answers no MCP server should give, to the poller: broken HTTP, JSON-RPC, event streams, sessions, tool results. It connects
 * again and goes on polling when the answers are sound.
 */
import assert from 'node:assert/strict'
import { systemClock } from 'seneca-collector'
import { answers, startServer, text } from '../conformance/servers.ts'
import { startFuzzed } from './collector.ts'
import { defineFuzzer } from './fuzzer.ts'
import { oddPieces } from './samples.ts'
import { answeringOf, brokenAnswer, startSwitched } from './switched-server.ts'

const BROKEN_MS = 60
const AGAIN_MS_MAX = 20_000

const BODIES = [
  '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"x","version":"1"}}}',
  '{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"{\\"a\\":1}"}],"structuredContent":{"a":[1,2]}}}',
  '{"jsonrpc":"2.0","id":2,"error":{"code":-32600,"message":"no"}}',
  'event: message\ndata: {"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"look","inputSchema":{"type":"object"}}]}}\n\n',
  'retry: 1\nid: 7\n\ndata: {\n\n',
  `{"jsonrpc":"2.0","id":2,"result":${'['.repeat(10_000)}`,
  '[]',
  'null',
].map((body) => Buffer.from(body))

export default defineFuzzer({
  name: 'mcp-answers',
  promise: 'answers that no MCP server should give are told, and polling goes on when they are sound again',
  rounds: 8,
  async open(folder) {
    const server = await startServer('legacy', [answers('look', () => text('{"a":1}'))])
    const switched = await startSwitched(server.port)
    const path = new URL(server.url).pathname
    const fuzzed = await startFuzzed(
      {
        receivers: {
          mcp: {
            endpoint: `http://127.0.0.1:${switched.port}${path}`,
            tools: [{ name: 'look', interval: '20ms', timeout: '500ms' }],
            connect_timeout: '500ms',
            liveness_interval: '100ms',
            reconnect_max: '50ms',
          },
        },
        exporters: { file: { path: '/dev/null' } },
        service: { pipelines: { logs: { receivers: ['mcp'], exporters: ['file'] } } },
      },
      folder,
    )
    const polled = async (): Promise<void> => {
      const before = server.calls.length
      const end = performance.now() + AGAIN_MS_MAX
      while (server.calls.length < before + 2 && performance.now() < end) await systemClock.sleep(10)
      assert.ok(
        server.calls.length >= before + 2,
        `polling did not go on: ${JSON.stringify(await fuzzed.inspect('receiver/mcp'))}`,
      )
    }
    await polled()
    return {
      async round(dice) {
        const prepared = Array.from({ length: 4 }, () => {
          const body = dice.broken(dice.pick(BODIES), oddPieces)
          if (dice.chance(0.4)) return brokenAnswer(dice, body)
          const type = dice.pick(['application/json', 'text/event-stream', 'text/plain', ''])
          return Buffer.concat([
            Buffer.from(
              `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\nmcp-session-id: s\r\n\r\n`,
            ),
            body,
          ])
        })
        switched.answerWith(answeringOf(dice, prepared))
        await systemClock.sleep(BROKEN_MS)
        JSON.stringify(await fuzzed.inspect('receiver/mcp'))
        switched.answerWith(undefined)
        await polled()
        fuzzed.check()
        server.requests.splice(0)
      },
      async close() {
        await fuzzed.close()
        await switched.close()
        await server.close()
      },
    }
  },
})
