import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DiscardPolicy, jetstreamManager, type StoredMsg } from '@nats-io/jetstream'
import { connect, nkeys, type NodeConnectionOptions } from '@nats-io/transport-node'

import { describe, expect, it, onTestFinished } from 'vitest'
import { decode, type LogBatch, type LogInit, logs } from 'seneca-collector'
import { event } from 'seneca-collector/events'
import { type Harness, harness } from 'seneca-collector/testing'
import { natsServers, type NatsServer, startNatsServer } from '../../../test/setup/nats-server.ts'
import { missing } from '../../../test/setup/programs.ts'
import { waitFor } from '../../../test/setup/wait-for.ts'
import nats from './index.ts'

const servers = await natsServers()

const init = (id: string, type = 'agent.status.changed', extra: object = {}): LogInit =>
  event({ type, id, source: 'test', time: 1_700_000_000_000_000_000n, data: { agent_id: 'a1', ...extra } })

const batchOf = (from: number, to: number): LogBatch =>
  logs(Array.from({ length: to - from }, (_, index) => init(`id-${from + index}`)))

const serve = async (binary: string, config?: string): Promise<NatsServer> => {
  const server = await startNatsServer(binary, config)
  onTestFinished(() => server.remove())
  return server
}

const exporter = async (url: string, options: object): Promise<Harness> => {
  const run = await harness(nats, { servers: [url], stream: { name: 'EVENTS', create: 'if_missing' }, ...options })
  onTestFinished(() => run.stop())
  await run.start()
  return run
}

/** What the stream holds, in order. */
const stored = async (
  server: NatsServer,
  options: NodeConnectionOptions = {},
  name = 'EVENTS',
): Promise<StoredMsg[]> => {
  const connection = await connect({ servers: server.url, ...options })
  try {
    const manager = await jetstreamManager(connection)
    const { state } = await manager.streams.info(name)
    const messages: StoredMsg[] = []
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await manager.streams.getMessage(name, { seq })
      if (message !== null) messages.push(message)
    }
    return messages
  } finally {
    await connection.close()
  }
}

const addStream = async (
  server: NatsServer,
  config: { name: string; subjects: string[]; max_msg_size?: number; max_msgs?: number },
) => {
  const connection = await connect({ servers: server.url })
  const manager = await jetstreamManager(connection)
  await manager.streams.add({ ...config, ...(config.max_msgs === undefined ? {} : { discard: DiscardPolicy.New }) })
  await connection.close()
}

if (servers.size === 0) it.skip(missing('nats-server'), () => undefined)

describe.each([...servers])('nats_jetstream with the %s nats-server', (_, binary) => {
  it('stores each event once, as an envelope under its type, with its id', async () => {
    const server = await serve(binary)
    const run = await exporter(server.url, {})
    await run.consume(logs([init('e1'), init('e2', 'task.assigned', { task_id: 't1' })]))
    await run.consume(logs([init('e2', 'task.assigned', { task_id: 't1' }), init('e3')]))
    const messages = await stored(server)
    expect(messages.map((message) => [message.subject, message.header.get('Nats-Msg-Id')])).toEqual([
      ['agent.status.changed', 'e1'],
      ['task.assigned', 'e2'],
      ['agent.status.changed', 'e3'],
    ])
    expect(messages[1]?.json()).toMatchObject({
      id: 'e2',
      type: 'task.assigned',
      source: 'test',
      data: { task_id: 't1' },
    })
    expect(run.inspect()).toMatchObject({ ready: true })
  })

  it.each(['otlp_json', 'otlp_proto', 'body', 'text'])('writes %s', async (format) => {
    const server = await serve(binary)
    const run = await exporter(server.url, { format, subject: 'out.{type}' })
    await run.consume(
      logs([
        { eventName: 'x.y', body: 'two\nlines' },
        { eventName: 'x.z', body: 'more' },
      ]),
    )
    const messages = await stored(server)
    expect(messages.map((message) => message.subject)).toEqual(['out.x.y', 'out.x.z'])
    const data = Buffer.from(messages[0]?.data ?? [])
    if (format === 'body') expect(data.toString()).toBe('"two\\nlines"')
    else if (format === 'text') expect(data.toString()).toBe('two\nlines')
    else expect(decode('logs', format as 'otlp_proto', data).at(0).body).toBe('two\nlines')
  })

  it('sends many more messages than may be in flight, in order', async () => {
    const server = await serve(binary)
    const run = await exporter(server.url, { max_in_flight: 100, format: 'body', subject: 'n' })
    await Promise.all([run.consume(batchOf(0, 3_000)), run.consume(batchOf(3_000, 3_500))])
    const ids = (await stored(server)).map((message) => message.header.get('Nats-Msg-Id'))
    expect(ids.length).toBe(3_500)
    const first = ids.filter((id) => Number(id.slice(3)) < 3_000)
    expect(first).toEqual(Array.from({ length: 3_000 }, (_value, index) => `id-${index}`))
  })

  it('verifies the stream and never changes it', async () => {
    const server = await serve(binary)
    await addStream(server, { name: 'EVENTS', subjects: ['agent.>', 'task.>'] })
    const same = await exporter(server.url, { stream: { name: 'EVENTS', subjects: ['task.>', 'agent.>'] } })
    await same.consume(batchOf(0, 1))
    await expect(
      exporter(server.url, {
        stream: { name: 'EVENTS', create: 'if_missing', subjects: ['other.>'], storage: 'memory' },
      }),
    ).rejects.toThrow(
      /stream EVENTS differs and is not changed: subjects is agent\.>, task\.>, not other\.>; storage is file, not memory/,
    )
    expect((await stored(server)).length).toBe(1)
  })

  it('refuses for now, with the reason, while there is no stream for the subject', async () => {
    const server = await serve(binary)
    const run = await exporter(server.url, { stream: { name: 'EVENTS' } })
    await expect(run.consume(batchOf(0, 1))).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('stream EVENTS does not exist') as string,
    })
    await addStream(server, { name: 'EVENTS', subjects: ['task.>'] })
    await waitFor('the stream to be found', async () => {
      await run.clock.advance(1_000)
      return run.statuses.at(-1)?.state === 'ok'
    })
    await expect(run.consume(batchOf(0, 1))).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('no stream takes the subject') as string,
    })
    await run.consume(logs([init('t', 'task.assigned')]))
  })

  it('refuses for good what is too large, for the server or for the stream, and stores the rest', async () => {
    const server = await serve(binary, 'max_payload: 4096')
    await addStream(server, { name: 'EVENTS', subjects: ['agent.>'], max_msg_size: 2_000 })
    const run = await exporter(server.url, { stream: { name: 'EVENTS' } })
    const large = (bytes: number) => init(`large-${bytes}`, undefined, { text: 'x'.repeat(bytes) })
    await expect(run.consume(logs([init('a'), large(5_000), init('b'), large(2_500)]))).rejects.toMatchObject({
      name: 'PartialError',
      retryable: false,
      indexes: [1, 3],
    })
    expect((await stored(server)).length).toBe(2)
    await expect(run.consume(logs([large(5_000)]))).rejects.toMatchObject({ code: 'too_large', retryable: false })
  })

  it('refuses for now what a full stream does not take', async () => {
    const server = await serve(binary)
    await addStream(server, { name: 'EVENTS', subjects: ['agent.>'], max_msgs: 2 })
    const run = await exporter(server.url, { stream: { name: 'EVENTS' } })
    await expect(run.consume(batchOf(0, 3))).rejects.toMatchObject({ code: 'rejected', retryable: true })
  })

  it('comes back when the server does, and what is sent again is stored once', async () => {
    const server = await serve(binary)
    const run = await exporter(server.url, {})
    await run.consume(batchOf(0, 10))
    await server.stop()
    await expect(run.consume(batchOf(5, 20))).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await server.start()
    await waitFor('the batch to be taken', () =>
      run.consume(batchOf(5, 20)).then(
        () => true,
        () => false,
      ),
    )
    const ids = (await stored(server)).map((message) => message.header.get('Nats-Msg-Id'))
    expect(ids).toEqual(Array.from({ length: 20 }, (_value, index) => `id-${index}`))
  })

  it('makes its stream again when it was deleted meanwhile', async () => {
    const server = await serve(binary)
    const run = await exporter(server.url, {})
    await run.consume(logs([init('e1')]))
    const connection = await connect({ servers: server.url })
    await (await jetstreamManager(connection)).streams.delete('EVENTS')
    await connection.close()
    await expect(run.consume(logs([init('e2')]))).rejects.toMatchObject({ code: 'not_found', retryable: true })
    await waitFor('the stream', () =>
      run.consume(logs([init('e2')])).then(
        () => true,
        () => false,
      ),
    )
    expect((await stored(server)).map((message) => message.header.get('Nats-Msg-Id'))).toEqual(['e2'])
  })

  it('starts before the server does', async () => {
    const server = await serve(binary)
    await server.stop()
    const run = await exporter(server.url, {})
    expect(run.statuses.at(-1)?.state).toBe('degraded')
    await server.start()
    await waitFor('the batch to be taken', async () => {
      await run.clock.advance(1_000)
      return run.consume(batchOf(0, 1)).then(
        () => true,
        () => false,
      )
    })
  })

  it('authenticates by token, user and nkey', async () => {
    const user = nkeys.createUser()
    const seed = Buffer.from(user.getSeed()).toString()
    for (const [config, options, mine] of [
      ['authorization { token: "t0p" }', { token: 't0p' }, { token: 't0p' }],
      ['authorization { user: "u", password: "p" }', { user: 'u', password: 'p' }, { user: 'u', pass: 'p' }],
      [
        `authorization { users: [{ nkey: ${user.getPublicKey()} }, { user: u, password: p }] }`,
        { nkey_seed: seed },
        { user: 'u', pass: 'p' },
      ],
    ] as const) {
      const server = await serve(binary, config)
      const run = await exporter(server.url, options)
      await run.consume(batchOf(0, 1))
      expect((await stored(server, mine)).length).toBe(1)
      const stranger = await exporter(server.url, {})
      await expect(stranger.consume(batchOf(0, 1))).rejects.toMatchObject({
        retryable: true,
        message: expect.stringMatching(/authoriz|authenti/i) as string,
      })
    }
  })

  it('speaks TLS, and refuses a certificate it does not know', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nats-tls-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    writeFileSync(join(folder, 'empty'), '')
    spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      cert,
    ])
    const server = await serve(binary, `tls { cert_file: "${cert}", key_file: "${key}" }`)
    const run = await exporter(server.url, { tls: { ca_file: cert } })
    await run.consume(batchOf(0, 1))
    const trusting = await exporter(server.url, { tls: { insecure_skip_verify: true } })
    await trusting.consume(batchOf(1, 2))
    const careful = await exporter(server.url, {})
    await expect(careful.consume(batchOf(2, 3))).rejects.toMatchObject({ retryable: true })
    expect((await stored(server, { tls: { caFile: cert } })).length).toBe(2)
  })
})

describe('the options of nats_jetstream', () => {
  it.each([
    [{}, /stream/],
    [{ stream: { name: 'A B' } }, /name/],
    [{ stream: { name: 'A' }, subject: 'a b' }, /no blanks/],
    [{ stream: { name: 'A' }, subject: 'a.{type' }, /not closed/],
    [{ stream: { name: 'A' }, subject: 'a..b' }, /empty tokens/],
    [{ stream: { name: 'A' }, token: 'x', user: 'y', password: 'z' }, /give one of token and user/],
    [{ stream: { name: 'A' }, user: 'y' }, /go together/],
  ])('refuse %j', async (options, message) => {
    await expect(harness(nats, options)).rejects.toThrow(message)
  })
})
