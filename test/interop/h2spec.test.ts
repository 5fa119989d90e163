/** The conformance suite of HTTP/2 (h2spec: RFC 7540 and RFC 7541) against our server, plain and over TLS. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Exchange } from '../../core/http/http2/exchange.ts'
import { encodeFields } from '../../core/http/http2/hpack-encoder.ts'
import { serve } from '../http2/peer.ts'
import { run } from '../peers/child.ts'
import { peer } from '../peers/peers.ts'

const h2spec = await peer('h2spec')

/**
 * All but http2/4.2/3: it sends HEADERS a little larger than 16,384 bytes without looking at the MAX_FRAME_SIZE we announce,
 * which allows them. `core/http/http2/rules.test.ts` sends what is too large for that.
 */
const SECTIONS =
  'generic hpack http2/3 http2/4.1 http2/4.2/1 http2/4.2/2 http2/4.3 http2/5 http2/6 http2/7 http2/8'.split(' ')

const tlsFile = (name: string): string => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8')

/** Reads all of a request and says something. */
const greet = (exchange: Exchange): void =>
  exchange.read({
    data() {},
    end: () =>
      exchange.answer(encodeFields([[':status', '200']]), Buffer.from('hello'), encodeFields([['x-end', '1']])),
    gone() {},
  })

/** Titles of the cases of a JUnit report, and of those that failed. */
const casesOf = (report: string): { readonly all: number; readonly failed: readonly string[] } => {
  const cases = report.split('<testcase ').slice(1)
  const failed = cases.filter((one) => /<(failure|error)/.test(one))
  const titles = failed.map((one) => /classname="([^"]*)"/.exec(one)?.[1] ?? one)
  return { all: cases.length, failed: titles }
}

it.for([false, true])('finds no fault with our HTTP/2 (TLS: %s)', async (isSecure, { skip }) => {
  if (h2spec.program === undefined) return skip(h2spec.reason)
  const tls = isSecure ? { cert: tlsFile('server.pem'), key: tlsFile('server.key') } : undefined
  const served = await serve(greet, { tls })
  const folder = mkdtempSync(join(tmpdir(), 'h2spec-'))
  onTestFinished(async () => {
    await served.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const report = join(folder, 'report.xml')
  const args = `-h 127.0.0.1 -p ${served.port} -o 5 -j ${report}${isSecure ? ' -t -k' : ''}`
  await run(h2spec.program, [...args.split(' '), ...SECTIONS], {})
  const { all, failed } = casesOf(readFileSync(report, 'utf8'))
  expect(all).toBe(144)
  expect(failed).toEqual([])
})
