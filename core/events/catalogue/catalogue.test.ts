import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { catalogue, catalogueMarkdown, countsAsActivity, event, eventId, eventType, traceIdOf } from '../index.ts'

const ajv = new Ajv2020({ strict: true, allErrors: true, strictTypes: false })
addFormats.default(ajv)

describe('the catalogue', () => {
  it.each(catalogue.map((entry) => [entry.type, entry] as const))('has a valid example of %s', (_, entry) => {
    const validate = ajv.compile(entry.schema)
    expect(validate(entry.example), ajv.errorsText(validate.errors)).toBe(true)
    expect(entry.type).toMatch(/^[a-z]+(\.[a-z_]+)+$/)
  })

  it('names each type once', () => {
    expect(new Set(catalogue.map(({ type }) => type)).size).toBe(catalogue.length)
  })

  it('refuses unknown keys', () => {
    const validate = ajv.compile(eventType('task.started')!.schema)
    expect(validate({ task_id: 't', agent_id: 'a', surprise: 1 })).toBe(false)
  })

  it('prints itself', () => {
    expect(catalogueMarkdown()).toContain('### agent.status.changed')
  })

  it('tells activity from bookkeeping', () => {
    expect(countsAsActivity('task.assigned')).toBe(true)
    expect(countsAsActivity('agent.work.requested')).toBe(false)
    expect(countsAsActivity('my.own')).toBe(false)
  })
})

describe('events', () => {
  it('become records by the table of names', () => {
    const record = event({
      type: 'task.assigned',
      id: 'i',
      source: 'marcus_logs',
      time: 5n,
      data: { task_id: 't', agent_id: 'a', gone: undefined },
    })
    expect(record).toEqual({
      eventName: 'task.assigned',
      time: 5n,
      severity: 9,
      attributes: {
        'log.record.uid': 'i',
        'seneca.source': 'marcus_logs',
        'seneca.schema_version': '1.0',
        'marcus.task.id': 't',
        'marcus.agent.id': 'a',
        'seneca.metadata.category': 'task_execution',
      },
    })
  })
})

describe('ids', () => {
  it('differ by every part and are 128 bits', () => {
    const ids = [
      eventId('m', 'a.b', ['x', 'y']),
      eventId('n', 'a.b', ['x', 'y']),
      eventId('m', 'a.c', ['x', 'y']),
      eventId('m', 'a.b', ['xy']),
      eventId('m', 'a.b', ['x', 'y'], 1),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(traceIdOf('t')).toMatch(/^[0-9a-f]{32}$/)
  })
})
