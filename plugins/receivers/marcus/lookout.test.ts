import { describe, expect, it } from 'vitest'
import type { Places } from './discovery.ts'
import { createLookout } from './lookout.ts'

const at = (place: string, startedAt: number | undefined, endpoint?: string): Places => ({
  logs: [`/${place}/logs`],
  data: [`/${place}/data`],
  home: '/home',
  endpoint,
  endpointReason: '',
  found: place,
  running: startedAt === undefined ? undefined : { startedAt },
})

const watching = () => {
  const did: string[] = []
  let found: Places | undefined
  const lookout = createLookout({
    look: () => found,
    endpoint: {
      connect: (places) => void did.push(`connect ${places.endpoint}`),
      leave: () => void did.push('leave'),
    },
    move: (to) => void did.push(`move to ${to.found}`),
  })
  const see = (places: Places): string | undefined => {
    found = places
    lookout.around()
    return did.splice(0).join()
  }
  return { lookout, see }
}

describe('the lookout', () => {
  it('follows the Marcus that was started last, wherever that is', () => {
    const { lookout, see } = watching()
    lookout.settle(at('old', undefined))
    expect(see(at('new', 5))).toBe('move to new')
  })

  it('waits for its Marcus when that ends, although an older one runs elsewhere', () => {
    const { lookout, see } = watching()
    lookout.settle(at('mine', 10))
    expect(see(at('other', 4))).toBe('')
    expect(see(at('mine', 20, 'http://mine'))).toBe('connect http://mine')
  })

  it('asks no endpoint any more when Marcus was started anew without one', () => {
    const { lookout, see } = watching()
    lookout.settle(at('mine', 10, 'http://mine'))
    expect(see(at('mine', undefined))).toBe('connect undefined')
    expect(see(at('mine', 20))).toBe('leave')
  })
})
