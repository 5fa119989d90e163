/** What a run is measured in, and how a table of it is printed. */

interface Column {
  readonly title: string
  readonly digits: number
  /** Of several rounds the worst is told, not the median. */
  readonly worst?: true
}

const columns = {
  cpuPerMillion: { title: 'CPU-s/1M', digits: 2 },
  perSecond: { title: 'records/s', digits: 0 },
  peakMiB: { title: 'peak MiB', digits: 0, worst: true },
  readyMs: { title: 'ready ms', digits: 0 },
  readyCpuMs: { title: 'CPU ms until ready', digits: 0 },
  idleMiB: { title: 'idle MiB', digits: 0 },
  p50Ms: { title: 'p50 ms', digits: 2 },
  p99Ms: { title: 'p99 ms', digits: 2 },
  cpuPercent: { title: 'CPU %', digits: 1 },
  lost: { title: 'lost', digits: 0, worst: true },
  duplicates: { title: 'twice', digits: 0, worst: true },
  growthMiB: { title: 'growth MiB', digits: 0, worst: true },
  drainCpuPerMillion: { title: 'drain CPU-s/1M', digits: 2 },
  drainSeconds: { title: 'drain s', digits: 1 },
} as const satisfies Readonly<Record<string, Column>>

export type Figure = keyof typeof columns
/** Of one run; a workload has those that mean something there. */
export type Figures = Readonly<Partial<Record<Figure, number>>>

export interface Result {
  readonly name: string
  readonly runs: readonly Figures[]
  /** What was wrong with its output. */
  readonly problem: string | undefined
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** Of all its runs; undefined when none has it. */
export const overall = (result: Result, figure: Figure): number | undefined => {
  const values = result.runs.map((run) => run[figure]).filter((value) => value !== undefined)
  if (values.length === 0) return undefined
  const column: Column = columns[figure]
  return column.worst ? Math.max(...values) : median(values)
}

export const titleOf = (figure: Figure): string => columns[figure].title

const cell = (value: number | undefined, digits: number): string =>
  value === undefined
    ? ''
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** Rows that all have as many cells, as a Markdown table. */
const markdown = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length), 3))
  const line = (row: readonly string[]): string => `| ${row.map((text, at) => text.padEnd(widths[at]!)).join(' | ')} |`
  return [line(rows[0]!), line(widths.map(() => '---')), ...rows.slice(1).map(line)].join('\n')
}

/** A Markdown table of medians; `ours` ÷ each candidate's CPU in the last column. */
export const table = (results: readonly Result[], ours: string): string => {
  const used = (Object.keys(columns) as Figure[]).filter((figure) =>
    results.some((result) => overall(result, figure) !== undefined),
  )
  const ownCpu = results
    .filter(({ name }) => name === ours)
    .map((result) => overall(result, 'cpuPerMillion'))
    .at(0)
  const ratio = (result: Result): string => {
    const cpu = overall(result, 'cpuPerMillion')
    return cpu === undefined || ownCpu === undefined ? '' : (ownCpu / cpu).toFixed(2)
  }
  const perCpuSecond = (result: Result): string => {
    const cpu = overall(result, 'cpuPerMillion')
    return cpu === undefined ? '' : cell(1e6 / cpu, 0)
  }
  const withCpu = used.includes('cpuPerMillion')
  const rows = results.map((result) => [
    result.name,
    ...used.map((figure) => cell(overall(result, figure), columns[figure].digits)),
    ...(withCpu ? [perCpuSecond(result), ratio(result)] : []),
  ])
  const head = ['', ...used.map((figure) => columns[figure].title), ...(withCpu ? ['records/CPU-s', 'ours ÷ it'] : [])]
  return markdown([head, ...rows])
}
