/** Requests no verb makes, on the control socket: broken HTTP, every path with broken parameters, readers that stop reading. */
import assert from 'node:assert/strict'
import { controlClient } from '../../core/control/index.ts'
import { startFuzzed } from './collector.ts'
import type { Dice } from './dice.ts'
import { defineFuzzer } from './fuzzer.ts'
import { leave, openPeer, writeInPieces } from './sockets.ts'
import { findSocketPath } from '../../core/control/data-directory.ts'

const WAIT_MS = 15

const paths = [
  '/status',
  '/stats',
  '/balance',
  '/graph',
  '/stores',
  '/metrics',
  '/tap?pattern=task.*',
  '/tap?at=receiver',
  '/inspect/receiver/generator/',
  '/inspect/extension/event_store/query?where=event.type%20%3D%3D%20%22x%22&limit=3',
  '/inspect/extension/event_store/query?since=1&until=2&severity=9&cursor=3',
  '/inspect/extension/event_store/event?id=x',
  '/inspect/extension/event_store/state?at=1',
  '/inspect/extension/event_store/verify',
  '/inspect/extension/event_store/stats',
  '/dead_letters/retry?id=exporter/file:1',
  '/dead_letters/purge?component=exporter/file',
  '/dead_letters/edit?id=exporter/file:1&file=/nothing',
  '/reload?plan=true',
]
const pieces = [
  '%',
  '%zz',
  '%00',
  '//',
  '/../',
  '?',
  '&',
  '=',
  '#',
  '-1',
  '1e999',
  '[',
  '{{',
  '(((((',
  '*',
  '>',
  'é',
  ' ',
  '9'.repeat(40),
]

const requestOf = (dice: Dice): Buffer => {
  const path = dice.pick(paths)
  const target = dice.chance(0.7) ? dice.broken(Buffer.from(path), pieces).toString('latin1') : path
  const method = dice.chance(0.7)
    ? path.includes('dead_letters') || path.includes('reload')
      ? 'POST'
      : 'GET'
    : dice.pick(['GET', 'POST', 'PUT', 'CONNECT', 'OPTIONS', ''])
  const head = `${method} ${target} HTTP/1.1\r\nhost: x\r\n${dice.chance(0.3) ? `content-length: ${dice.pick(['5', '-1', '99999999', 'x'])}\r\n` : ''}\r\n`
  return dice.chance(0.15) ? dice.broken(Buffer.from(head, 'latin1'), ['\r\n', ...pieces]) : Buffer.from(head, 'latin1')
}

const CONFIG = {
  receivers: { generator: { rate: 200 } },
  exporters: { file: { path: '/dev/null' }, event_store: {} },
  extensions: { event_store: { type: 'memory', max_events: 500 } },
  service: {
    extensions: ['event_store'],
    dead_letter: {},
    pipelines: { logs: { receivers: ['generator'], exporters: ['file', 'event_store'] } },
  },
}

export default defineFuzzer({
  name: 'control-requests',
  promise: 'requests that no verb makes are refused in words, and the next verb is answered',
  rounds: 80,
  async open(folder) {
    const fuzzed = await startFuzzed(CONFIG, folder)
    const client = controlClient(folder)
    return {
      async round(dice) {
        const peer = await openPeer({ path: findSocketPath(folder) })
        if (dice.chance(0.2)) peer.socket.pause()
        await writeInPieces(dice, peer, requestOf(dice))
        await leave(dice, peer, WAIT_MS)
        const said = peer.said().toString()
        assert.ok(
          !/"message":"[^"]*(is not a function|undefined \(reading|not iterable)/.test(said),
          said.slice(0, 500),
        )
        assert.ok(
          !said.startsWith('HTTP/1.1 500') || !said.includes('plugin_failed'),
          `no sentence: ${said.slice(0, 600)}`,
        )
        const status = (await client.get('/status')) as { readonly state: string }
        assert.equal(status.state, 'ok', JSON.stringify(status).slice(0, 500))
        fuzzed.check()
      },
      close: () => fuzzed.close(),
    }
  },
})
