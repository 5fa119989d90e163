/**
 * An MCP server of 2025 over stdio with the bad habits of real ones: it prints between frames, answers the unknown probe
 * in the way that its first argument says (`error`, `exit`, `silent`), and may die when asked.
 */
import { createInterface } from 'node:readline'

const onProbe = process.argv[2] ?? 'error'
const write = (line: string): void => void process.stdout.write(`${line}\n`)
const reply = (id: unknown, result: unknown): void => write(JSON.stringify({ jsonrpc: '2.0', id, result }))

const call = (id: unknown, name: string): void => {
  if (name === 'die') {
    process.stderr.write('Traceback: out of luck\n')
    process.exit(3)
  }
  if (name === 'huge') return reply(id, { content: [{ type: 'text', text: 'x'.repeat(500_000) }] })
  write('Warning: Failed to get kanban attachments for task 17')
  write('')
  write('{"half": ')
  write('{"neither": "a request nor an answer"}')
  return reply(id, { content: [{ type: 'text', text: JSON.stringify({ success: true, pid: process.pid }) }] })
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line) as { id?: number; method: string; params?: { name?: string } }
  if (method === 'server/discover') {
    if (onProbe === 'exit') process.exit(1)
    if (onProbe === 'error')
      write(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message: 'Invalid request parameters' } }))
    return
  }
  if (method === 'initialize') {
    write('starting up …')
    return reply(id, {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'stdio-test', version: '1' },
    })
  }
  if (method === 'tools/call') return call(id, params?.name ?? '')
})
