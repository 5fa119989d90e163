/**
 * What `new` writes for each kind: one typed file, its test, and the YAML that runs it. Both files import nothing but
 * Node and `seneca-collector`, which the collector resolves to itself, so neither needs an install. NAME stands for the plugin's type.
 */
export type NewKind = 'receiver' | 'processor' | 'exporter'

export interface Template {
  readonly plugin: string
  readonly test: string
  readonly yaml: string
}

const receiver: Template = {
  plugin: `import { definePlugin, deliver, logs } from 'seneca-collector'

export default definePlugin({
  kind: 'receiver',
  type: 'NAME',
  signals: ['logs'],
  stability: 'experimental',
  summary: 'Emits an event at a fixed interval.',
  schema: {
    type: 'object',
    properties: {
      interval: { type: 'string', format: 'duration', default: '1s', description: 'Time between two events.' },
      count: { type: 'integer', minimum: 0, default: 0, description: 'How many events; 0 = without end.' },
    },
  },
  examples: [{ title: 'three events, ten a second', yaml: 'interval: 100ms\\ncount: 3' }],
  create(ctx, config) {
    const work = async (): Promise<void> => {
      for (let n = 1; config.count === 0 || n <= config.count; n++) {
        // Resolves when the event is safe; sends it again until then.
        await deliver(ctx, logs([{ time: ctx.clock.nanos(), eventName: 'NAME.tick', attributes: { n } }]), ctx.signal)
        if (ctx.once && config.count === 0) break
        if (n !== config.count) await ctx.clock.sleep(config.interval, ctx.signal)
      }
      ctx.ended()
    }
    let running: Promise<void> | undefined
    return {
      start() {
        running = work().catch((error: unknown) => {
          if (!ctx.signal.aborted) ctx.status.report('failed', String(error))
        })
      },
      async stop() {
        await running
      },
    }
  },
})
`,
  test: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { harness } from 'seneca-collector/testing'
import plugin from './NAME.ts'

test('NAME emits as many events as it is told, then says that it has ended', async () => {
  const run = await harness(plugin, { interval: '1s', count: 2 })
  await run.start()
  await run.clock.advance(5_000)
  assert.deepEqual(
    run.records().map((record) => [record.eventName, record.attributes.get('n')]),
    [
      ['NAME.tick', 1],
      ['NAME.tick', 2],
    ],
  )
  assert.equal(run.ended, true)
  await run.stop()
})
`,
  yaml: `plugins: ['./NAME.ts']
receivers:
  NAME:
    interval: 1s
exporters:
  debug:
    verbosity: detailed
service:
  pipelines:
    logs:
      receivers: [NAME]
      exporters: [debug]
`,
}

const processor: Template = {
  plugin: `import { definePlugin, path } from 'seneca-collector'

export default definePlugin({
  kind: 'processor',
  type: 'NAME',
  signals: ['logs'],
  stability: 'experimental',
  summary: 'Sets an attribute on every record and leaves out those whose severity is too low.',
  schema: {
    type: 'object',
    properties: {
      attribute: { type: 'string', default: 'NAME', description: 'The attribute to set.' },
      value: { type: 'string', default: 'seen', description: 'Its value.' },
      min_severity: { type: 'integer', minimum: 0, maximum: 24, default: 0, description: 'Records below are left out.' },
    },
  },
  examples: [{ title: 'mark what is at least a warning', yaml: 'value: urgent\\nmin_severity: 13' }],
  create(ctx, config) {
    // Compiled once; a record is read and written through it.
    const attribute = path(['attributes', config.attribute])
    return {
      async consume(batch, signal) {
        let left = 0
        const changed = batch.edit((draft) => {
          const severity = draft.record.get(['severity_number'])
          if (typeof severity === 'number' && severity < config.min_severity) {
            left++
            draft.drop()
          } else draft.set(attribute, config.value)
        })
        // What is left out on purpose is counted, so that the balance of 'seneca-collector stats' holds.
        if (left > 0) ctx.filtered(left, 'severity')
        await ctx.next(changed, signal)
      },
    }
  },
})
`,
  test: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logs } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import plugin from './NAME.ts'

test('NAME marks records and leaves out what is not severe enough', async () => {
  const run = await harness(plugin, { value: 'urgent', min_severity: 13 })
  await run.start()
  await run.consume(logs([{ body: 'fine', severity: 9 }, { body: 'bad', severity: 17 }]))
  await run.stop()
  assert.deepEqual(
    run.records().map((record) => [record.body, record.attributes.get('NAME')]),
    [['bad', 'urgent']],
  )
  assert.equal(run.filtered['severity'], 1)
})
`,
  yaml: `plugins: ['./NAME.ts']
receivers:
  generator:
    rate: 1
processors:
  NAME:
    value: urgent
exporters:
  debug:
    verbosity: detailed
service:
  pipelines:
    logs:
      receivers: [generator]
      processors: [NAME]
      exporters: [debug]
`,
}

const exporter: Template = {
  plugin: `import { appendFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CollectorError, definePlugin } from 'seneca-collector'

export default definePlugin({
  kind: 'exporter',
  type: 'NAME',
  signals: ['logs'],
  stability: 'experimental',
  summary: 'Appends each event as one line of JSON to a file.',
  schema: {
    type: 'object',
    properties: {
      path: { type: 'string', minLength: 1, default: 'NAME.jsonl', description: 'The file to append to.' },
    },
  },
  examples: [{ title: 'beside the configuration', yaml: 'path: NAME.jsonl' }],
  create(ctx, config) {
    const file = resolve(ctx.folder, config.path)
    return {
      // Resolving is the ack: the destination has it. Queue, retries and timeout are the engine's.
      async consume(batch) {
        try {
          await appendFile(file, Buffer.concat(batch.encode('envelope')))
        } catch (error) {
          throw new CollectorError('unavailable', \`\${file} cannot be written\`, { retryable: true, cause: error })
        }
      },
    }
  },
})
`,
  test: `import assert from 'node:assert/strict'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { logs } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import plugin from './NAME.ts'

test('NAME writes one line for each event', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'NAME-'))
  const run = await harness(plugin, { path: 'out.jsonl' }, { folder })
  await run.start()
  await run.consume(logs([{ eventName: 'task.started' }, { eventName: 'task.completed' }]))
  await run.stop()
  const lines = (await readFile(join(folder, 'out.jsonl'), 'utf8')).trim().split('\\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).type),
    ['task.started', 'task.completed'],
  )
})

test('NAME asks to be called again when the file cannot be written', async () => {
  const run = await harness(plugin, { path: '.' })
  await run.start()
  await assert.rejects(run.consume(logs([{ eventName: 'task.started' }])), { retryable: true })
  await run.stop()
})
`,
  yaml: `plugins: ['./NAME.ts']
receivers:
  generator:
    rate: 1
exporters:
  NAME:
    path: NAME.jsonl
service:
  pipelines:
    logs:
      receivers: [generator]
      exporters: [NAME]
`,
}

const templates: Readonly<Record<NewKind, Template>> = { receiver, processor, exporter }

export const newKinds = Object.keys(templates) as readonly NewKind[]

export const templateFor = (kind: NewKind, name: string): Template => {
  const { plugin, test, yaml } = templates[kind]
  const named = (text: string): string => text.replaceAll('NAME', name)
  return { plugin: named(plugin), test: named(test), yaml: named(yaml) }
}
