import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { decode } from 'seneca-collector'
import type { Batch } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { freePort } from '../../../core/http/free-port.ts'
import { findProgram, missing } from '../../../test/setup/programs.ts'
import { waitFor } from '../../../test/setup/wait-for.ts'
import webhook from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Taken {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** Somebody who receives webhooks, and answers as told. */
const sink = async (answer: (index: number) => Answer = () => ({})) => {
  const taken: Taken[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      taken.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      })
      const { status = 200, headers = {}, body = '' } = answer(taken.length - 1)
      response.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { taken, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?a=1` }
}

const exporter = async (options: object) => {
  const made = await harness(webhook, options)
  cleanups.push(() => made.stop())
  return made
}

interface Init {
  readonly id?: string
  readonly type?: string
  readonly severity?: string
  readonly data?: object
}
const events = (...inits: Init[]): Batch =>
  decode(
    'logs',
    'envelope',
    Buffer.from(
      inits
        .map(
          ({
            id = 'e1',
            type = 'task.blocked',
            severity = 'warning',
            data = { task_id: 't1', task_name: 'Import', agent_id: 'a1', description: 'no <schema> & no "key"' },
          }) =>
            JSON.stringify({
              id,
              type,
              source: 'marcus_logs',
              timestamp: '2026-11-23T20:00:00Z',
              data,
              metadata: { severity, category: 'task_execution' },
              version: '1',
            }),
        )
        .join('\n') + '\n',
    ),
  )

describe('an event', () => {
  it('is one signed POST of its envelope, by Standard Webhooks', async () => {
    const { taken, url } = await sink()
    const key = Buffer.alloc(32, 7)
    const one = await exporter({
      url,
      secret: `whsec_${key.toString('base64')}`,
      previous_secret: 'an older key of 24 bytes',
      headers: { 'X-Team': 'blue' },
    })
    await one.consume(events({ id: 'e42' }))
    expect(taken).toHaveLength(1)
    const { method, headers, body } = taken[0] as Taken
    expect({ method, team: headers['x-team'], type: headers['content-type'] }).toEqual({
      method: 'POST',
      team: 'blue',
      type: 'application/json',
    })
    expect(JSON.parse(body)).toMatchObject({ id: 'e42', type: 'task.blocked', data: { task_id: 't1' } })
    const seconds = String(headers['webhook-timestamp'])
    expect(Number(seconds)).toBe(Math.floor(one.clock.now() / 1000))
    expect(headers['webhook-id']).toBe('e42')
    const signed = (secret: Buffer | string): string =>
      `v1,${createHmac('sha256', secret).update(`e42.${seconds}.${body}`).digest('base64')}`
    expect(headers['webhook-signature']).toBe(`${signed(key)} ${signed('an older key of 24 bytes')}`)
  })

  it('is signed as the reference implementations do', async () => {
    // The example of the Standard Webhooks libraries.
    const { sign, keyOf } = await import('./signature.ts')
    const signature = sign(
      [keyOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')],
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}',
    )
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  it('is sent only where the condition holds; the others are counted', async () => {
    const { taken, url } = await sink()
    const one = await exporter({ url, condition: 'event.metadata["severity"] == "critical"' })
    await one.consume(events({ id: 'a', severity: 'critical' }, { id: 'b' }, { id: 'c', severity: 'critical' }))
    expect(taken.map((request) => request.headers['webhook-id'])).toEqual(['a', 'c'])
    expect(one.filtered).toEqual({ condition: 1 })
    await one.consume(events({ id: 'd' }))
    expect(taken).toHaveLength(2)
  })

  it('may be grouped with the others of its batch', async () => {
    const { taken, url } = await sink()
    await (await exporter({ url, group: true })).consume(events({ id: 'a' }, { id: 'b' }))
    expect(taken).toHaveLength(1)
    expect(JSON.parse(taken[0]?.body ?? '')).toMatchObject([{ id: 'a' }, { id: 'b' }])
    expect(taken[0]?.headers['webhook-id']).toMatch(/^[0-9a-f]{32}$/)
    await (await exporter({ url, group: true, condition: 'event.type == "never"' })).consume(events({}))
    expect(taken).toHaveLength(1)
  })
})

describe('an answer', () => {
  it.each([408, 425, 429, 500, 502, 503, 504])('of %i is tried again, after Retry-After', async (status) => {
    const { url } = await sink(() => ({ status, headers: { 'retry-after': '30' } }))
    await expect((await exporter({ url })).consume(events({}))).rejects.toMatchObject({
      retryable: true,
      retryAfterMs: 30_000,
    })
  })

  it.each([400, 401, 404, 410, 422])(
    'of %i is final: the event is refused with the reason, the others go on',
    async (status) => {
      const { taken, url } = await sink((index) => (index === 1 ? { status, body: 'no such hook' } : {}))
      const one = await exporter({ url })
      await one.consume(events({ id: 'a' }, { id: 'b' }, { id: 'c' }))
      expect(taken.map((request) => request.headers['webhook-id'])).toEqual(['a', 'b', 'c'])
      expect(one.refused).toHaveLength(1)
      expect(one.refused[0]?.batch.count).toBe(1)
      expect(one.refused[0]?.error.message).toContain(`answered ${status}: no such hook`)
      expect(one.refused[0]?.error.message).not.toContain('hook?a=1')
    },
  )

  it('that fails for now keeps what was taken: the next try goes on behind it, with the same ids', async () => {
    const { taken, url } = await sink((index) => (index === 1 ? { status: 503 } : {}))
    const one = await exporter({ url, condition: 'event.id != "x"' })
    const batch = events({ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'x' })
    await expect(one.consume(batch)).rejects.toMatchObject({ retryable: true })
    expect(one.filtered).toEqual({})
    await one.consume(batch)
    expect(taken.map((request) => request.headers['webhook-id'])).toEqual(['a', 'b', 'b', 'c'])
    expect(one.filtered).toEqual({ condition: 1 })
    await one.consume(batch)
    expect(taken).toHaveLength(7)
  })

  it('that leads elsewhere is not followed', async () => {
    const other = await sink()
    const { url } = await sink(() => ({ status: 307, headers: { location: other.url } }))
    const one = await exporter({ url })
    await one.consume(events({}))
    expect(other.taken).toEqual([])
    expect(one.refused[0]?.error.message).toContain('redirect')
  })

  it('of a gigabyte is not read', async () => {
    const server = createServer((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x')
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const one = await exporter({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    await one.consume(events({}))
  })
})

describe('link-local addresses', () => {
  it('are refused as they stand in the configuration, and after DNS', async () => {
    await expect(harness(webhook, { url: 'http://169.254.169.254/latest/meta-data' })).rejects.toThrow(/link-local/)
    const one = await exporter({ url: 'http://2852039166/' }).catch((error: Error) => error)
    expect(one).toBeInstanceOf(Error)
  })
})

describe('a body', () => {
  it('for Slack says what happened, with its characters escaped', async () => {
    const { taken, url } = await sink()
    await (await exporter({ url, template: 'slack' })).consume(events({ severity: 'critical' }))
    const body = JSON.parse(taken[0]?.body ?? '') as {
      text: string
      attachments: { color: string; fields: unknown[]; ts: number }[]
    }
    expect(body.text).toBe('task.blocked · Import · no &lt;schema&gt; &amp; no "key"')
    expect(body.attachments[0]).toMatchObject({ color: '#a30200', ts: Date.parse('2026-11-23T20:00:00Z') / 1000 })
    expect(body.attachments[0]?.fields).toContainEqual({ title: 'task_name', value: 'Import', short: true })
  })

  it('of your own is filled and stays JSON', async () => {
    const { taken, url } = await sink()
    await (
      await exporter({ url, template: '{"title": "{{ event.type }}", "why": "{{ event.data.description }}"}' })
    ).consume(events({}))
    expect(JSON.parse(taken[0]?.body ?? '')).toEqual({ title: 'task.blocked', why: 'no <schema> & no "key"' })
  })

  it('of your own may be anything else', async () => {
    const { taken, url } = await sink()
    const one = await exporter({
      url,
      content_type: 'application/x-www-form-urlencoded',
      template: 'text={{ event.data.description | url }}',
      method: 'PUT',
    })
    await one.consume(events({}))
    expect(taken[0]).toMatchObject({ method: 'PUT', body: 'text=no%20%3Cschema%3E%20%26%20no%20%22key%22' })
  })
})

describe('the options', () => {
  it.each([
    [{}, /url/],
    [{ url: 'hooks.slack.com/x' }, /is no http or https URL/],
    [{ url: 'http://x', template: 'slck' }, /there is no template "slck"/],
    [{ url: 'http://x', template: '{"a": "{{ event.dta.x }}"}' }, /an event has no "dta"/],
    [{ url: 'http://x', template: '{{ event.type }}', content_type: 'text/plain', group: true }, /cannot be grouped/],
    [{ url: 'http://x', condition: 'event.type = "x"' }, /condition/],
    [{ url: 'http://x', secret: 'whsec_???' }, /must be base64/],
  ])('%j are refused', async (options, message) => {
    await expect(harness(webhook, options)).rejects.toThrow(message)
  })
})

const ALERT = {
  alert: 'blocker',
  fingerprint: '00aa11bb22cc33dd',
  labels: { task: 'Import', team: 'blue' },
  annotations: { summary: 'Import is blocked' },
  pattern: 'normal_alert',
  starts_at: '2026-11-23T20:00:00Z',
}

describe('Alertmanager', () => {
  it('bodies come from alert events, and from any other', async () => {
    const { taken, url } = await sink()
    const one = await exporter({ url, template: 'alertmanager', group: true })
    await one.consume(
      events(
        { type: 'alert.fired', severity: 'critical', data: ALERT },
        { type: 'alert.resolved', data: { ...ALERT, ends_at: '2026-11-23T20:05:00Z' } },
      ),
    )
    expect(JSON.parse(taken[0]?.body ?? '')).toMatchObject({
      version: '4',
      status: 'firing',
      receiver: 'webhook',
      groupLabels: { alertname: 'blocker' },
      commonLabels: { alertname: 'blocker', task: 'Import', team: 'blue' },
      commonAnnotations: { summary: 'Import is blocked' },
      alerts: [
        {
          status: 'firing',
          labels: { severity: 'critical' },
          startsAt: '2026-11-23T20:00:00Z',
          endsAt: '0001-01-01T00:00:00Z',
          fingerprint: '00aa11bb22cc33dd',
        },
        { status: 'resolved', endsAt: '2026-11-23T20:05:00Z' },
      ],
    })
    await (await exporter({ url, template: 'alertmanager' })).consume(events({}))
    expect(JSON.parse(taken[1]?.body ?? '')).toMatchObject({
      alerts: [
        {
          labels: { alertname: 'task.blocked', task_id: 't1', severity: 'warning' },
          fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
        },
      ],
    })
  })

  const program = findProgram('prometheus-alertmanager')
  const real = describe.skipIf(program === undefined)
  real(`a real one ${program === undefined ? `(${missing('prometheus-alertmanager')})` : ''}`, () => {
    it('takes our alerts over its API, and sends webhooks of the shape that we send', async () => {
      const receiver = await sink()
      const folder = await mkdtemp(join(tmpdir(), 'alertmanager-'))
      const config = {
        route: { receiver: 'r', group_by: ['alertname'], group_wait: '0s' },
        receivers: [{ name: 'r', webhook_configs: [{ url: receiver.url, send_resolved: true }] }],
      }
      await writeFile(join(folder, 'config.yml'), JSON.stringify(config))
      const port = await freePort()
      const address = `127.0.0.1:${port}`
      const child = spawn(
        program ?? '',
        [
          `--config.file=${folder}/config.yml`,
          `--storage.path=${folder}`,
          `--web.listen-address=${address}`,
          '--cluster.listen-address=',
        ],
        { stdio: 'ignore' },
      )
      cleanups.push(() => child.kill('SIGKILL'))
      await waitFor('it is ready', async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok)

      const one = await exporter({ url: `http://${address}/api/v2/alerts`, template: 'alertmanager_api', group: true })
      const now = new Date().toISOString()
      await one.consume(
        events(
          { type: 'alert.fired', severity: 'critical', data: { ...ALERT, starts_at: now } },
          { data: { task_id: 't9' }, type: 'task.blocked' },
        ),
      )
      expect(one.refused).toEqual([])
      const held = (await (await fetch(`http://${address}/api/v2/alerts`)).json()) as {
        labels: Record<string, string>
      }[]
      expect(new Set(held.map((alert) => alert.labels['alertname']))).toEqual(new Set(['blocker', 'task.blocked']))

      const theirs = await waitFor('its webhook', () =>
        receiver.taken.find((request) => request.body.includes('blocker')),
      )
      const ours = await sink()
      await (
        await exporter({ url: ours.url, template: 'alertmanager' })
      ).consume(events({ type: 'alert.fired', severity: 'critical', data: ALERT }))
      const shape = (body: string): unknown => {
        const parsed = JSON.parse(body) as { alerts: object[] }
        return {
          top: Object.keys(parsed).toSorted(),
          alert: Object.keys(parsed.alerts[0] ?? {}).toSorted(),
          types: Object.entries(parsed)
            .map(([key, value]) => `${key}:${Array.isArray(value) ? 'list' : typeof value}`)
            .toSorted(),
        }
      }
      expect(shape(ours.taken[0]?.body ?? '')).toEqual(shape(theirs.body))
    })
  })
})

describe('the plugin', () => {
  for (const check of conformance(webhook, { folder: import.meta.dirname })) it(check.name, check.run)
})
