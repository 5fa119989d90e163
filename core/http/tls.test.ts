import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../kit/system-clock.ts'
import { prepareOptions } from '../kit/prepare.ts'
import { createHttpClient, tlsOptions, tlsProblems, tlsSchema } from './index.ts'
import type { TlsConfig } from './index.ts'

const folder = new URL('../../test/fixtures/tls', import.meta.url).pathname
const pem = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8')

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const serve = async (options: ServerOptions = {}): Promise<string> => {
  const server = createServer({ key: pem('server.key'), cert: pem('server.pem'), ...options }, (_, response) =>
    response.end('ok'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const config = (options: object): TlsConfig => prepareOptions(tlsSchema, options).options as TlsConfig

const ask = async (url: string, options: object): Promise<number> => {
  const client = createHttpClient({ clock: systemClock, tls: await tlsOptions(config(options), folder) })
  cleanups.push(() => client.close())
  return (await client.request({ url })).status
}

const trusted = { ca_file: 'ca.pem', server_name_override: 'collector.test' }

describe('TLS', () => {
  it('trusts whom ca_file names, under the name that was meant', async () => {
    const url = await serve()
    expect(await ask(url, trusted)).toBe(200)
    expect(
      await ask(url, { ...trusted, ca_file: undefined, ca_pem: pem('ca.pem'), include_system_ca_certs_pool: true }),
    ).toBe(200)
  })

  it('refuses strangers and wrong names for good, in words', async () => {
    const url = await serve()
    await expect(ask(url, {})).rejects.toMatchObject({
      code: 'unavailable',
      retryable: false,
      message: expect.stringMatching(/certificate/),
    })
    await expect(ask(url, { ca_file: 'ca.pem' })).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/IP: 127.0.0.1 is not in the cert/),
    })
    expect(await ask(url, { insecure_skip_verify: true })).toBe(200)
  })

  it('shows a certificate of its own where one is asked for', async () => {
    const url = await serve({ ca: pem('ca.pem'), requestCert: true, rejectUnauthorized: true })
    await expect(ask(url, trusted)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await ask(url, { ...trusted, cert_file: 'client.pem', key_file: 'client.key' })).toBe(200)
    expect(await ask(url, { ...trusted, cert_pem: pem('client.pem'), key_pem: pem('client.key') })).toBe(200)
  })

  it('keeps to the versions allowed', async () => {
    const url = await serve({ maxVersion: 'TLSv1.2' })
    expect(await ask(url, trusted)).toBe(200)
    await expect(ask(url, { ...trusted, min_version: '1.3' })).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('finds missing files and half a certificate when it is checked', () => {
    const problems = (options: object): string[] =>
      [...tlsProblems(config(options), folder)].map(({ path, message }) => `${path.join('.')}: ${message}`)
    expect(problems({ ca_file: 'nowhere.pem' })).toEqual(['tls.ca_file: nowhere.pem cannot be read (ENOENT)'])
    expect(problems({ cert_file: 'client.pem' })).toEqual([
      'tls: a client certificate needs both cert_file and key_file',
    ])
    expect(problems({ ...trusted, cert_file: 'client.pem', key_file: 'client.key' })).toEqual([])
  })
})
