import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterEach, describe, expect, it } from 'vitest'
import { bundledRecording, openRecording, parseInstant, prepareReplay, scaledClock, type Replay } from './index.ts'
import type { Step } from './step.ts'
import { timelineOf } from './timeline.ts'

const recording = openRecording(bundledRecording())
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const replayAtOnce = async (
  onStep?: (step: Step, replay: () => Replay) => void,
): Promise<{ folder: string; replay: Replay }> => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-replay-test-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  const clock = scaledClock({ start: 0, speed: 1 })
  const replay: Replay = await prepareReplay({
    recording,
    folder,
    clock,
    speed: Infinity,
    onStep: (step) => onStep?.(step, () => replay),
  })
  cleanups.push(() => replay.close())
  return { folder, replay }
}

const rows = (db: DatabaseSync): Record<string, unknown[]> => {
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all()
  return Object.fromEntries(
    tables.map(({ name }) => [String(name), db.prepare(`SELECT * FROM ${String(name)} ORDER BY 1, 2`).all()]),
  )
}

describe('a replayed day', () => {
  it('leaves every file as the real Marcus left it', async () => {
    const { folder, replay } = await replayAtOnce()
    await replay.run()
    await replay.close()
    for (const path of recording.files.filter((file) => /^(logs|data)\//.test(file) && !file.endsWith('.db'))) {
      expect(readFileSync(join(folder, path)).equals(recording.bytes(path)), path).toBe(true)
    }
    for (const path of ['data/kanban.db', 'data/marcus.db', 'home/costs.db']) {
      const db = new DatabaseSync(join(folder, path), { readOnly: true })
      expect(rows(db), path).toEqual(recording.database(path, rows))
      db.close()
    }
    expect(readdirSync(join(folder, 'home/services'))).toHaveLength(2)
  })

  it('never goes back in time and writes each file in its own order', () => {
    const { steps } = timelineOf(recording)
    expect(steps.every((step, index) => index === 0 || steps[index - 1]!.at <= step.at)).toBe(true)
    for (const path of recording.files.filter((file) => /^logs\/.*\.(jsonl|log)$/.test(file))) {
      const bytes = steps.flatMap((step) => (step.kind === 'append' && step.path === path ? [step.bytes] : []))
      expect(Buffer.concat(bytes).equals(recording.bytes(path)), path).toBe(true)
    }
  })

  it('puts text lines without a time where their neighbours were', () => {
    const { steps } = timelineOf(recording)
    const at = (start: string): number =>
      steps.find((step) => step.kind === 'append' && Buffer.from(step.bytes).includes(start))!.at
    const recovered = at('INFO:src.core.assignment_lease:Recovering task')
    expect(Math.abs(recovered - parseInstant('2026-11-23T17:54:40.8Z')!)).toBeLessThan(1_000_000)
    const first = at('INFO:src.core.assignment_lease:Created lease for task 7dc0b5d7914e43218767a541dc8337e7')
    expect(first).toBe(parseInstant('2026-11-23T17:48:41.944652Z'))
  })

  it('builds the board step by step', async () => {
    const seen: Record<string, unknown>[] = []
    const { folder, replay } = await replayAtOnce((step) => {
      if (step.kind !== 'sql' || !step.path.endsWith('kanban.db') || !step.sql.startsWith('UPDATE tasks')) return
      const db = new DatabaseSync(join(folder, 'data/kanban.db'), { readOnly: true })
      seen.push({
        ...db.prepare("SELECT status, assigned_to FROM tasks WHERE name = 'Implement Prediction import'").get(),
      })
      db.close()
    })
    await replay.run()
    const changes = seen.filter((row, index) => JSON.stringify(row) !== JSON.stringify(seen[index - 1]))
    expect(changes).toEqual([
      { status: 'todo', assigned_to: null },
      { status: 'in_progress', assigned_to: 'agent-eve' },
      { status: 'blocked', assigned_to: 'agent-eve' },
      { status: 'todo', assigned_to: null },
      { status: 'in_progress', assigned_to: 'agent-cleo' },
      { status: 'done', assigned_to: 'agent-cleo' },
    ])
  })

  it('gives each start of Marcus a living process, and ends it', async () => {
    const pids: number[] = []
    const alive: boolean[] = []
    const { folder, replay } = await replayAtOnce((step, current) => {
      if (step.kind !== 'process') return
      const pid = current().pid(step.boot)!
      pids.push(pid)
      process.kill(pid, 0)
      const file = JSON.parse(readFileSync(join(folder, `home/services/marcus_${pid}.json`), 'utf8')) as Record<
        string,
        string
      >
      alive.push(file['log_dir'] === join(folder, 'logs/conversations') && existsSync(file['working_directory']!))
    })
    await replay.run()
    expect(alive).toEqual([true, true])
    expect(new Set(pids).size).toBe(2)
  })
})

const connect = async (url: string): Promise<Client> => {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  return client
}

/** The status of a request in an old session, on a connection of its own. */
const post = (url: string, session: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const accept = 'application/json, text/event-stream'
    const headers = { 'content-type': 'application/json', accept, 'mcp-session-id': session }
    const sent = request(url, { method: 'POST', headers, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.on('error', reject)
    sent.end('{"jsonrpc":"2.0","id":9,"method":"tools/list"}')
  })

describe('the replayed MCP endpoint', () => {
  it('answers as Marcus did at that moment, forgets sessions over a restart and refuses while down', async () => {
    const { replay } = await replayAtOnce()
    const { steps, boots } = replay.timeline
    const url = replay.endpoint!
    const call = async (client: Client, name: string, args: Record<string, unknown> = {}): Promise<unknown> => {
      const result = await client.callTool({ name, arguments: args })
      return (result.structuredContent as { result: unknown }).result
    }
    await expect(connect(url)).rejects.toThrow()
    await replay.mcp!.up()
    const early = await connect(url)
    expect((await early.listTools()).tools.length).toBe(50)
    expect(await call(early, 'list_registered_agents')).toMatchObject({ success: true })
    await replay.mcp!.down()
    await replay.mcp!.up()
    expect(await post(url, (early.transport as StreamableHTTPClientTransport).sessionId!)).toBe(404)
    await replay.mcp!.down()
    expect(steps.filter((step) => step.kind === 'up')).toHaveLength(boots.length)
    await replay.run()
    await expect(connect(url)).rejects.toThrow()
    await replay.mcp!.up()
    const late = await connect(url)
    expect(await call(late, 'get_project_status')).toMatchObject({
      project: { completed: 12, completion_percentage: 100 },
    })
    expect(await call(late, 'get_agent_status', { agent_id: 'agent-ana' })).toMatchObject({
      agent: { total_completed: 5 },
    })
    await late.close()
  })
})
