/** What may be dialled: link-local addresses lead to machines' own services (cloud metadata) and are refused after DNS. */
import { lookup } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { CollectorError } from '../kit/errors.ts'

const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')
// The metadata services that have an address outside the link-local ranges.
linkLocal.addAddress('fd00:ec2::254', 'ipv6')
linkLocal.addAddress('100.100.100.200', 'ipv4')

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const family = (address: string): 'ipv4' | 'ipv6' | undefined => {
  const version = isIP(address)
  if (version === 0) return undefined
  return version === 4 ? 'ipv4' : 'ipv6'
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
/** `::ffff:169.254.169.254`, also as `::ffff:a9fe:a9fe`, is the IPv4 address it wraps. */
const unmapped = (address: string): string => {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (dotted !== undefined) return dotted
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address)
  if (hex === null) return address
  const number = Number.parseInt(hex[1] as string, 16) * 65_536 + Number.parseInt(hex[2] as string, 16)
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

const within = (list: BlockList, host: string): boolean => {
  const address = unmapped(bare(host))
  const kind = family(address)
  return kind !== undefined && list.check(address, kind)
}

export const isLinkLocal = (host: string): boolean => within(linkLocal, host)

/** Names count too: `localhost` and what ends in `.localhost` never leave the machine. */
export const isLoopback = (host: string): boolean => {
  const name = bare(host).toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || within(loopback, host)
}

const refused = (host: string, address: string): CollectorError =>
  new CollectorError(
    'rejected',
    `${host} is ${address === bare(host) ? 'a link-local address' : `the link-local address ${address}`}, which is refused`,
  )

/** Throws for an address that is refused as it stands; names are checked by `guardedLookup`. */
export const checkHost = (host: string): void => {
  if (isLinkLocal(host)) throw refused(host, bare(host))
}

/** DNS for an agent: an answer with a refused address fails the connection, so a name cannot lead there later either. */
export const guardedLookup: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '', 0)
      return
    }
    const bad = addresses.find((one) => isLinkLocal(one.address))
    const [first] = addresses
    if (bad !== undefined || first === undefined) callback(refused(host, bad?.address ?? host), '', 0)
    else if (options.all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}
