import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { metricNames } from './names.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/telemetry.md'), 'utf8')

describe('the table of metrics', () => {
  it('is the table of docs/telemetry.md', () => {
    const rows = Object.entries(metricNames).map(
      ([name, { type, unit, description }]) => `| \`${name}\` | ${type} | ${unit} | ${description} |`,
    )
    expect(
      page
        .split('\n')
        .filter((line) => /^\| `(otelcol|seneca)_/.test(line))
        .map((line) => line.replace(/ +/g, ' ')),
    ).toEqual(rows)
  })
})
