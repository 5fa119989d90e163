import { describe, expect, it } from 'vitest'
import { Secret } from '../kit/index.ts'
import { childLogger, createLogger } from './logger.ts'

const logging = (encoding: 'console' | 'json', level: 'debug' | 'warn' = 'debug') => {
  const lines: string[] = []
  const now = (): number => Date.UTC(2026, 0, 1)
  return { lines, log: createLogger({ level, encoding, now, write: (line) => void lines.push(line) }) }
}

describe('the log', () => {
  it('writes a line for people, quoting what needs it', () => {
    const { lines, log } = logging('console')
    childLogger(log, 'exporter/file').warn('cannot write', { path: 'a b', n: 3, big: 2n ** 60n })
    expect(lines).toEqual([
      '2026-01-01T00:00:00.000Z WARN  cannot write component=exporter/file path="a b" n=3 big=1152921504606847000\n',
    ])
  })

  it('writes JSON for machines', () => {
    const { lines, log } = logging('json')
    log.info('ready', { port: 1, error: new Error('x') })
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: '2026-01-01T00:00:00.000Z',
      msg: 'ready',
      port: 1,
      error: 'x',
    })
  })

  it('leaves out what is below the level, shows no secret, cuts payloads, and never throws', () => {
    const { lines, log } = logging('console', 'warn')
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    log.info('quiet')
    log.error('loud', { key: new Secret('s3cret'), loop, long: 'x'.repeat(10_000) })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('[REDACTED]')
    expect(lines[0]).not.toContain('s3cret')
    expect(lines[0]?.length).toBeLessThan(2_500)
  })
})
