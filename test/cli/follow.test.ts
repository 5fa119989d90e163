/** `follow` and `tap --since` beside a running collector with an event store: what is stored, then what comes, each once. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { waitFor } from '../setup/wait-for.ts'
import { folderWith, run, start } from './command.ts'

const config = `
extensions: { event_store: {} }
receivers: { file_log: { include: [in.jsonl], format: envelope, start_at: beginning, poll_interval: 50ms } }
exporters: { event_store: {} }
service:
  extensions: [event_store]
  pipelines: { logs: { receivers: [file_log], exporters: [event_store] } }
`
const line = (id: string, task: string, agent: string): string =>
  `${JSON.stringify({
    id,
    timestamp: new Date().toISOString(),
    source: 'marcus_logs',
    type: 'task.assigned',
    data: { task_id: task, agent_id: agent, task_name: `about ${task} and t1x` },
    metadata: {},
  })}\n`
const idsOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((one) => one !== '')
    .map((one) => (JSON.parse(one) as { readonly id: string }).id)

it('shows all that names an id, stored and coming, and nothing twice', async () => {
  const folder = folderWith({
    'collector.yaml': config,
    'in.jsonl': line('a', 't1', 'ana') + line('b', 't2', 'ana') + line('c', 't1x', 'ben'),
  })
  const collector = start(folder, ['run'])
  onTestFinished(() => void collector.process.kill('SIGKILL'))
  const stored = async (count: number): Promise<unknown> =>
    waitFor('stored events', async () => {
      const { code, out } = await run(folder, ['query', '--json'])
      return code === 0 && idsOf(out).length === count
    })
  await waitFor('the collector', () => collector.err().includes('running collector.yaml'))
  await stored(3)

  const task = start(folder, ['follow', 't1', '--json'])
  const agent = start(folder, ['follow', 'ana', '--json', '--limit', '3'])
  const fresh = start(folder, ['follow', 't1', '--live-only', '--json'])
  const tap = start(folder, ['tap', 'task.*', '--since', '1h', '--json'])
  const running = [task, agent, fresh, tap]
  onTestFinished(() => running.forEach(({ process }) => process.kill('SIGKILL')))
  await waitFor('what is stored', () => [task, agent, tap].every((verb) => verb.out() !== ''))
  // Whoever shows only what comes says nothing that could be waited for.
  await waitFor('all four to listen', async () => {
    appendFileSync(join(folder, 'in.jsonl'), line('probe', 't1', 'probe'))
    return fresh.out() !== ''
  })
  appendFileSync(join(folder, 'in.jsonl'), line('d', 't1', 'ana') + line('e', 't2', 'ben'))
  expect((await agent.finished).code).toBe(0)
  await waitFor(
    'what came',
    () => tap.out().includes('"e"') && task.out().includes('"d"') && fresh.out().includes('"d"'),
  )
  const withoutProbes = (text: string): string[] => idsOf(text).filter((id) => id !== 'probe')
  expect(withoutProbes(task.out())).toEqual(['a', 'd'])
  expect(withoutProbes(agent.out())).toEqual(['a', 'b', 'd'])
  expect(withoutProbes(fresh.out())).toEqual(['d'])
  expect(withoutProbes(tap.out())).toEqual(['a', 'b', 'c', 'd', 'e'])

  collector.process.kill('SIGTERM')
  expect((await collector.finished).code).toBe(0)
  expect((await task.finished).err).toBe('The collector has ended.\n')
})

it('says what it cannot do', async () => {
  const folder = folderWith({ 'collector.yaml': config, 'in.jsonl': '' })
  expect(await run(folder, ['follow', 't1'])).toMatchObject({
    code: 4,
    err: expect.stringContaining('no collector is running'),
  })
  expect((await run(folder, ['follow'])).code).toBe(2)
})
