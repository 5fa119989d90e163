/** A collector that found what an old Marcus left follows the one that is started somewhere else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { scaledClock } from '../../core/replay/index.ts'
import { waitFor } from '../setup/wait-for.ts'
import { leftBehind } from './left-behind.ts'
import { readEvents, startCollector } from './live.ts'
import { days } from './simulate/days.ts'

const DEAD = 2 ** 30

it('goes on with the Marcus that is started last, wherever it is', async () => {
  const root = mkdtempSync(join(tmpdir(), 'seneca-elsewhere-'))
  const home = join(root, 'home')
  mkdirSync(join(home, 'services'), { recursive: true })
  const place = async (day: string): Promise<string> => {
    const recording = join(root, `recording-${day}`)
    days[day]!(recording)
    return leftBehind(recording, join(root, day))
  }
  const register = (folder: string, pid: number, startedAt: string): void => {
    const fields = { pid, instance_id: `marcus_${pid}`, mcp_command: 'python server.py --http', started_at: startedAt }
    const folders = { log_dir: join(folder, 'logs/conversations'), working_directory: folder }
    writeFileSync(join(home, `services/marcus_${pid}.json`), JSON.stringify({ ...fields, ...folders }))
  }
  const old = await place('midnight')
  const next = await place('silence')
  register(old, DEAD, '2026-12-04T23:56:30+00:00')
  const out = join(root, 'events.jsonl')
  const yaml = JSON.stringify({
    receivers: { marcus: { home } },
    exporters: { file: { path: out, format: 'envelope' } },
    service: { pipelines: { logs: { receivers: ['marcus'], exporters: ['file'] } } },
  })
  const clock = scaledClock({ start: Date.parse('2026-12-05T09:00:00Z'), speed: 10 })
  const collector = await startCollector({ yaml, clock, dataDirectory: root })
  const names = (type: string, field: string): unknown[] =>
    readEvents(out).flatMap((event) => (event.type === type ? [event.data[field]] : []))
  try {
    await waitFor('the first project', () => names('project.created', 'project_name').includes('Night'))
    register(next, process.pid, '2026-12-05T08:00:00+00:00')
    await waitFor('the second project', () => names('project.created', 'project_name').includes('Quiet'))
    await waitFor('all of its work', () => names('task.completed', 'agent_id').includes('agent-quin'))
    expect(names('task.assigned', 'agent_id')).toEqual(expect.arrayContaining(['agent-nia', 'agent-pia', 'agent-quin']))
    const ids = readEvents(out).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  } finally {
    await collector.stop(5_000)
    rmSync(root, { recursive: true, force: true })
  }
})
