import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { definePlugin, type Kind } from '../kit/plugin.ts'
import type { Signal } from '../model/types.ts'
import { loadConfig } from './load.ts'
import { createRegistry } from './registry.ts'

const plugin = (kind: Kind, type: string, signals: readonly Signal[], makes?: readonly Signal[]) => ({
  kind,
  type,
  load: () =>
    Promise.resolve({
      default: definePlugin({
        kind,
        type,
        signals,
        ...(makes && { makes }),
        stability: 'stable',
        summary: 'Stands for a component.',
        schema: { type: 'object', properties: {} },
        examples: [],
        create: () => ({}),
      }),
    }),
})

const all: readonly Signal[] = ['logs', 'metrics', 'traces']
const registry = createRegistry([
  plugin('receiver', 'source', all),
  plugin('exporter', 'sink', all),
  plugin('exporter', 'lines', ['logs']),
  plugin('connector', 'tally', ['logs'], ['metrics']),
  plugin('connector', 'pass', all),
])

/** What is wrong with these pipelines: each a place and a sentence. */
const wrong = async (...pipelines: readonly string[]): Promise<string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const sections = 'receivers: { source: }\nexporters: { sink: , lines: }\nconnectors: { tally: , pass: }\n'
  const text = `${sections}service:\n  pipelines:\n${pipelines.map((line) => `    ${line}\n`).join('')}`
  writeFileSync(join(folder, 'a.yaml'), text)
  const { problems } = await loadConfig({
    files: ['a.yaml'],
    env: {},
    cwd: folder,
    loadPlugin: () => Promise.reject(new Error('no plugins here')),
    registry,
  })
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ position, message }) => `${position?.line}: ${message}`)
}

describe('the signals of a configuration', () => {
  it('may share a receiver and an exporter, and a connector may make one of another', async () => {
    expect(
      await wrong(
        'logs: { receivers: [source], exporters: [sink, tally, pass] }',
        'logs/passed: { receivers: [pass], exporters: [lines] }',
        'metrics: { receivers: [source, tally], exporters: [sink] }',
        'traces: { receivers: [source], exporters: [sink] }',
      ),
    ).toEqual([])
  })

  it('are ones that each component can handle', async () => {
    expect(await wrong('metrics: { receivers: [source], exporters: [lines] }')).toEqual([
      "6: the exporter 'lines' handles logs, not metrics",
    ])
    expect(
      await wrong(
        'traces: { receivers: [source], exporters: [tally] }',
        'logs: { receivers: [tally], exporters: [sink] }',
      ),
    ).toEqual(["6: the connector 'tally' handles logs, not traces", "7: the connector 'tally' makes metrics, not logs"])
  })

  it('come out of a connector that hands on what it is given as they went in', async () => {
    expect(
      await wrong(
        'logs: { receivers: [source], exporters: [pass] }',
        'traces: { receivers: [pass], exporters: [sink] }',
      ),
    ).toEqual([
      "6: the connector 'pass' hands on what it is given: no logs pipeline takes the logs of 'logs'",
      "7: the connector 'pass' hands on what it is given: no traces pipeline gives it traces for 'traces'",
    ])
  })
})
