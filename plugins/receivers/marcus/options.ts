import type { Infer, JsonSchema } from 'seneca-collector'

/** Tools that only read; nothing else is ever called. */
export const readOnlyTools = [
  'list_registered_agents',
  'get_project_status',
  'ping',
  'list_projects',
  'get_current_project',
  'check_assignment_health',
  'check_task_dependencies',
  'get_optimal_agent_count',
  'get_desired_agent_count',
  'get_experiment_status',
  'get_usage_report',
  'get_system_metrics',
  'check_board_health',
] as const

export const schema = {
  type: 'object',
  properties: {
    folder: {
      type: 'string',
      description: "Marcus's folder, with `logs/`, `data/` and perhaps `home/` below. Without it Marcus is looked for.",
    },
    logs: { type: 'string', description: 'The folder of logs, where it is not `<folder>/logs`.' },
    data: { type: 'string', description: 'The folder of databases and state, where it is not `<folder>/data`.' },
    home: {
      type: 'string',
      description:
        "Marcus's home with `services/` and `costs.db`; `~/.marcus` by default, or the folder's own `home/`.",
    },
    endpoint: {
      type: 'string',
      description: 'The MCP endpoint to poll: `auto` (the analytics endpoint of the running Marcus), `none`, or a URL.',
      default: 'auto',
    },
    instance: {
      type: 'string',
      description:
        'Names this Marcus. Part of every event id: the same for live and backfill, another for another Marcus.',
      default: 'marcus',
      minLength: 1,
    },
    mode: {
      enum: ['live', 'backfill'],
      description: '`backfill` reads a folder as Marcus left it, databases as history, then ends.',
      default: 'live',
    },
    start_at: {
      enum: ['beginning', 'end'],
      description:
        'Where to begin in logs that are there at the first start. From the end, ids are not those of a backfill.',
      default: 'beginning',
    },
    poll_interval: {
      type: 'string',
      format: 'duration',
      description: 'How often databases and state files are looked at, and logs where the system tells of no change.',
      default: '250ms',
    },
    tools: {
      type: 'array',
      items: { enum: readOnlyTools },
      uniqueItems: true,
      description: 'Which tools the endpoint is asked; only tools that read can be named.',
      default: ['list_registered_agents', 'get_project_status', 'ping'],
    },
    tool_interval: {
      type: 'string',
      format: 'duration',
      description: 'How often each tool is asked. Marcus does work for every answer, and writes it down.',
      default: '15s',
    },
    tool_timeout: {
      type: 'string',
      format: 'duration',
      description: 'How long an answer may take. Marcus stalls for seconds while it plans.',
      default: '15s',
    },
    settle_ms: {
      type: 'integer',
      minimum: 0,
      description: 'How long a trace waits for a better one and a report for its answer, in source time.',
      default: 2000,
    },
    answer_ms: {
      type: 'integer',
      minimum: 0,
      description: 'The same for completions and blockers, whose answer takes a model or a test run.',
      default: 180000,
    },
    silence: {
      type: 'string',
      format: 'duration',
      description: 'An agent that holds a task and says nothing for so long is silent.',
      default: '240s',
    },
    silence_factor: {
      type: 'number',
      minimum: 1,
      description: 'Or for so many times its median gap, where that is longer.',
      default: 4,
    },
    restart_grace: {
      type: 'string',
      format: 'duration',
      description: 'How long agents may take to register again after Marcus was restarted.',
      default: '120s',
    },
    include_content: {
      type: 'boolean',
      description: 'Passes texts on as they are: prompts, paths and keys may be among them.',
      default: false,
    },
  },
} as const satisfies JsonSchema

export type Options = Infer<typeof schema>
