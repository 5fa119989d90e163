import { define } from './define.ts'

const starts = {
  fields: { instance: 'string', pid: 'int|null', boot: 'int', 'project_id?': 'string' },
  key: ['started_at'],
  example: { instance: 'marcus', pid: 28912, boot: 2 },
}

export const systemEvents = define('system', {
  'system.started': { summary: 'Marcus came up.', from: 'realtime server_startup, services/*.json', ...starts },
  'system.stopped': {
    summary: 'Marcus ended, in whatever way.',
    from: 'derived: pid gone, port refused, or a new start',
    ...starts,
    severity: 'warning',
  },
  'system.unreachable': {
    summary: "Marcus's endpoint cannot be reached; one outage, however many polls fail.",
    fields: { instance: 'string', 'endpoint?': 'string', 'outage_seconds?': 'number' },
    key: ['instance'],
    from: 'derived from polls',
    example: { instance: 'marcus', endpoint: 'http://127.0.0.1:4300/mcp' },
    severity: 'error',
  },
  'system.recovered': {
    summary: "Marcus's endpoint can be reached again.",
    fields: { instance: 'string', 'endpoint?': 'string', 'outage_seconds?': 'number' },
    key: ['instance'],
    from: 'derived from polls',
    example: { instance: 'marcus', endpoint: 'http://127.0.0.1:4300/mcp', outage_seconds: 10.1 },
  },
  'system.error': {
    summary: 'A tool of Marcus failed.',
    fields: { 'tool?': 'string', 'agent_id?': 'string', message: 'string', 'code?': 'string' },
    key: ['tool', 'agent_id'],
    from: 'conversations tool failure, success:false, audit',
    example: { tool: 'create_project', message: 'AI provider error', code: 'AI_PROVIDER_ERROR' },
    severity: 'error',
  },
  'system.access.denied': {
    summary: 'A client called a tool that its role may not use.',
    fields: { client_type: 'string', tool: 'string' },
    key: ['client_type', 'tool'],
    from: 'audit',
    example: { client_type: 'observer', tool: 'create_project' },
    severity: 'warning',
  },
  'system.gridlock.detected': {
    summary: 'No task can go on.',
    fields: { project_id: 'string|null', blocked_tasks: 'int' },
    key: ['project_id'],
    from: 'conversations "PROJECT GRIDLOCK DETECTED"',
    example: { project_id: 'p1', blocked_tasks: 4 },
    severity: 'critical',
  },
  'system.health.changed': {
    summary: 'The health of a part of the collector or of Marcus changed.',
    fields: { component: 'string', old: 'string', new: 'string', reason: 'string' },
    key: ['component'],
    from: 'collector and Marcus',
    example: { component: 'exporter/file', old: 'ok', new: 'degraded', reason: 'queue is full' },
    severity: 'warning',
  },
  'system.performance.updated': {
    summary: 'A measured value of Marcus.',
    fields: { name: 'string', value: 'number', unit: 'string', window_seconds: 'number' },
    key: ['name'],
    from: 'polls, ping health',
    example: { name: 'active_agents', value: 5, unit: '{agents}', window_seconds: 30 },
    severity: 'debug',
  },
  'system.config.changed': {
    summary: 'Marcus runs as another process or with other settings, or the collector was reloaded.',
    fields: { what: 'string', diff: 'map' },
    key: ['what'],
    from: 'new pid, projects.json, a reload',
    example: { what: 'marcus_process', diff: { pid: { from: 27944, to: 28912 } } },
  },
  'marcus.log.record': {
    summary: 'What no rule knows, as it came: a line, row or file of Marcus.',
    fields: {},
    key: ['content'],
    from: 'any file',
    example: { file: 'realtime_20261123_174810.jsonl', reason: 'unknown type', record: { type: 'new_thing' } },
    open: true,
    severity: 'debug',
  },
  'api.error': {
    summary: 'A request to the collector failed.',
    fields: { route: 'string', status: 'int', message: 'string' },
    key: ['route', 'status'],
    from: 'api',
    example: { route: '/v1/dlq', status: 404, message: 'no such queue' },
    severity: 'warning',
  },
})

const connection = {
  fields: { peer: 'string', era: 'string|null', transport: 'string', 'outage_seconds?': 'number', 'reason?': 'string' },
  key: ['peer'],
  from: 'the collector',
  example: { peer: 'http://127.0.0.1:4300/mcp', era: 'legacy', transport: 'http' },
}

export const mcpEvents = define('mcp', {
  'mcp.connection.opened': { summary: 'An MCP connection was opened.', ...connection },
  'mcp.connection.lost': { summary: 'An MCP connection was lost.', ...connection, severity: 'error' },
  'mcp.connection.restored': { summary: 'A lost MCP connection is back.', ...connection },
  'mcp.tool.result': {
    summary: "A tool's reply, as it came.",
    fields: { tool: 'string' },
    key: ['tool'],
    from: 'the mcp receiver; its `map:` makes events of it',
    example: { tool: 'list_projects', result: [] },
    open: true,
    severity: 'debug',
  },
  'mcp.tool.called': {
    summary: 'Somebody called a tool.',
    fields: {
      tool: 'string',
      'agent_id?': 'string',
      'client_id?': 'string',
      'client_type?': 'string',
      'duration_ms?': 'number',
      ok: 'boolean',
      'error?': 'string',
    },
    key: ['tool', 'agent_id'],
    from: 'tap, audit (stdio)',
    example: { tool: 'request_next_task', agent_id: 'agent-x', duration_ms: 66.1, ok: true },
    severity: 'debug',
  },
  'marcus.tool.result': {
    summary: 'A reply of Marcus that no rule knows, as it came.',
    fields: { tool: 'string' },
    key: ['tool'],
    from: 'polls',
    example: { tool: 'get_usage_report', result: {} },
    open: true,
    severity: 'debug',
  },
})
