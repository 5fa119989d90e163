import { logs } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import resource from './index.ts'

const from = (attributes: Record<string, string>) => logs([{ body: 1 }, { body: 2 }], { resource: { attributes } })

describe('resource', () => {
  for (const check of conformance(resource, { folder: import.meta.dirname })) it(check.name, check.run)

  it('changes the resource of every record', async () => {
    const h = await harness(resource, {
      attributes: [
        { key: 'env', action: 'upsert', value: 'prod' },
        { key: 'host.name', action: 'delete' },
      ],
    })
    await h.consume(from({ 'host.name': 'h', a: 'b' }))
    expect(h.records().map((record) => Object.fromEntries(record.resource.attributes))).toEqual([
      { a: 'b', env: 'prod' },
      { a: 'b', env: 'prod' },
    ])
  })

  it('hands on what is as wanted as it came', async () => {
    const h = await harness(resource, { attributes: [{ key: 'host.name', action: 'delete' }] })
    const input = from({ a: 'b' })
    await h.consume(input)
    expect(h.batches[0]).toBe(input)
  })
})
