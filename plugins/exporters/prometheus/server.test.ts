import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { metrics } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import type { Harness } from 'seneca-collector/testing'
import prometheus from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const started = async (options: object = {}, environment: object = {}): Promise<Harness> => {
  const made = await harness(prometheus, { endpoint: 'localhost:0', ...options }, environment)
  await made.start()
  cleanups.push(() => made.stop())
  return made
}

const addressOf = (run: Harness): string => (run.inspect() as { endpoint: string }).endpoint

describe('the server', () => {
  it('answers GET /metrics, compressed for those who take it, and nothing else', async () => {
    const run = await started()
    await run.consume(metrics([{ name: 'tasks_done_total', type: 'gauge', dataPoints: [{ value: 3 }] }]))
    const url = `http://${addressOf(run)}`
    const zipped = await new Promise<IncomingMessage>((resolve) =>
      get(`${url}/metrics`, { headers: { 'accept-encoding': 'gzip' } }, resolve),
    )
    expect(zipped.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    })
    expect(gunzipSync(Buffer.concat((await zipped.toArray()) as Buffer[])).toString()).toContain('tasks_done_total')
    expect((await fetch(`${url}/metrics`, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405)
    expect((await fetch(`${url}/`)).status).toBe(404)
    const stranger = await new Promise<IncomingMessage>((resolve) =>
      get(`${url}/metrics`, { headers: { host: 'evil.example' } }, resolve),
    )
    expect(stranger.statusCode).toBe(403)
  })

  it('lets in only whom its certificate authority knows, where told so', async () => {
    const folder = new URL('../../../test/fixtures/tls', import.meta.url).pathname
    const pem = (name: string): Buffer => readFileSync(`${folder}/${name}`)
    const tls = { cert_file: 'server.pem', key_file: 'server.key', client_ca_file: 'ca.pem' }
    const run = await started({ tls }, { folder })
    const ask = (own: object): Promise<number> =>
      new Promise((resolve, reject) => {
        const options = { ca: pem('ca.pem'), servername: 'collector.test', agent: false, ...own }
        const asked = request(`https://${addressOf(run)}/metrics`, options, (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
        asked.on('error', reject).end()
      })
    expect(await ask({ cert: pem('client.pem'), key: pem('client.key') })).toBe(200)
    await expect(ask({})).rejects.toThrow()
  })

  it('says in a sentence that its port is taken', async () => {
    const run = await started()
    const second = await harness(prometheus, { endpoint: addressOf(run) })
    await expect(second.start()).rejects.toThrow(/cannot listen on .*: something else listens there already/)
  })

  it('warns where others can reach it', () => {
    const problems = (endpoint: string) => [
      ...(prometheus.check?.({ endpoint, const_labels: {} } as never, {
        id: 'prometheus',
        folder: '.',
        pipelines: [],
        extensions: [],
      }) ?? []),
    ]
    expect(problems('0.0.0.0:8889')).toMatchObject([{ path: ['endpoint'], severity: 'warning' }])
    expect(problems('localhost:8889')).toEqual([])
    expect(problems('8889')).toMatchObject([{ path: ['endpoint'], message: expect.stringContaining('no address') }])
  })
})
