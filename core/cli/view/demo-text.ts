/** What the demo says before and after the day. */
import type { Paint } from './paint.ts'

export interface DemoPlaces {
  readonly websocket: string
  readonly mcp: string
  readonly marcus: string
  readonly events: string
}

/** How a person spells a verb here: through npm in a checkout, by name once installed. */
export const commandPrefix = (env: Readonly<Record<string, string | undefined>>): string =>
  env['npm_lifecycle_event'] === undefined ? 'seneca-collector' : 'npm run -s seneca-collector --'

export const title = (paint: Paint): string =>
  paint('bold', 'Seneca collector: a recorded day of a real Marcus, replayed as if it happened now')

export const introduction = (places: DemoPlaces, speed: number, minutes: number): string[] => [
  `  ${minutes} minutes at ${speed}× · times are the recording's own (UTC)`,
  `  Marcus's files  ${places.marcus}`,
  `  Marcus's MCP    ${places.mcp}`,
  `  live events     ${places.websocket}  (WebSocket, JSON)`,
  `  event file      ${places.events}`,
  '',
]

export const nextCommands = (
  env: Readonly<Record<string, string | undefined>>,
  dataDirectory: string | undefined,
  paint: Paint,
): string[] => {
  const prefix = commandPrefix(env)
  const where = dataDirectory === undefined ? '' : ` --data-dir ${dataDirectory}`
  const commands = [
    [`${prefix} now --watch${where}`, 'who does what, who is silent, what is blocked'],
    [`${prefix} tap 'task.*'${where}`, 'one kind of event, live'],
    [`${prefix} run`, 'the same beside a Marcus of your own (collector.yaml)'],
  ] as const
  const width = Math.max(...commands.map(([command]) => command.length))
  return [
    paint('bold', 'Next, in another terminal:'),
    ...commands.map(([command, what]) => `  ${paint('cyan', command.padEnd(width))}  ${what}`),
    '',
  ]
}
