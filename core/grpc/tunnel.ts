/**
 * A connection through an HTTP proxy (CONNECT): a stream that can be written to at once and begins to flow when the proxy
 * has answered. A refusal destroys it with the proxy's words.
 */
import * as https from 'node:https'
import { nodeHttp } from '../kit/node-http.ts'
import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'

/** A proxy that has not answered by then is as good as none. */
const ANSWER_MS = 10_000

const credentialsOf = (proxy: URL): Readonly<Record<string, string>> => {
  if (proxy.username === '') return {}
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** `host`: `name:port` of the far end. */
export const openTunnel = (proxy: URL, host: string): Duplex => {
  const [near, far] = duplexPair()
  const fail = (why: string): void => void near.destroy(new Error(`the proxy ${proxy.host}: ${why}`))
  const { request } = proxy.protocol === 'https:' ? https : nodeHttp
  const asked = request(proxy, {
    method: 'CONNECT',
    path: host,
    headers: { host, ...credentialsOf(proxy) },
    agent: false,
    timeout: ANSWER_MS,
  })
  asked.on('connect', (answer, socket, head) => {
    if (answer.statusCode !== 200) {
      socket.destroy()
      fail(`answered ${answer.statusCode ?? 0} to CONNECT ${host}`)
      return
    }
    socket.setTimeout(0)
    socket.setNoDelay(true)
    if (head.length > 0) socket.unshift(head)
    socket.pipe(far).pipe(socket)
    socket.on('error', (error) => near.destroy(error))
    socket.on('close', () => near.destroy())
    near.on('close', () => socket.destroy())
  })
  asked.on('timeout', () => fail('no answer'))
  asked.on('error', (error) => fail(error.message))
  near.on('close', () => asked.destroy())
  asked.end()
  return near
}
