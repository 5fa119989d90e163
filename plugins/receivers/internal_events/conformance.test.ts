import { describe, it } from 'vitest'
import { conformance } from 'seneca-collector/testing'
import plugin from './index.ts'

describe('internal_events', () => {
  for (const check of conformance(plugin, { folder: import.meta.dirname })) it(check.name, check.run)
})
