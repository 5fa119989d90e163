/** The lines of the soak, each known by its number alone: what is written, and what must come out of it. */

/** Lines of one input file; then it is rotated. */
export const LINES_PER_FILE = 20_000
const FILTERED_EVERY = 5
const PAD_MOST = 300

const padOf = (n: number): string => 'x'.repeat((n * 7919) % PAD_MOST)

const isDebug = (n: number): boolean => n % FILTERED_EVERY === 0

export const lineOf = (n: number): string =>
  JSON.stringify({ n, level: isDebug(n) ? 'debug' : 'info', text: `Zeile ${n} “${padOf(n)}”` })

/** undefined: the filter leaves it out. */
export const expectedOf = (n: number): string | undefined =>
  isDebug(n)
    ? undefined
    : JSON.stringify({ n, level: 'info', text: `Zeile ${n} “${padOf(n)}”`, seen: true, square: (n % 1_000) * 2 })

export const fileOf = (n: number): number => Math.floor(n / LINES_PER_FILE)

export const CONFIG = `
receivers:
  file_log: { include: [in.log*], start_at: beginning, format: json }
processors:
  filter: { logs: { log_record: ['body["level"] == "debug"'] } }
  transform:
    log_statements:
      - set(body["seen"], true)
      - set(body["square"], (body["n"] - 1000 * (body["n"] / 1000)) * 2)
  batch: { timeout: 100ms, send_batch_size: 500, send_batch_max_size: 1000 }
exporters:
  file: { path: out.jsonl, format: body }
service:
  pipelines:
    logs: { receivers: [file_log], processors: [filter, transform, batch], exporters: [file] }
`
