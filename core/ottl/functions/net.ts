/** Converters for addresses and network flows. */
import { createHash } from 'node:crypto'
import { contains, parseIp, parseNetwork } from '../go/ip.ts'
import type { Network } from '../go/ip.ts'
import { parseUrl } from '../go/url.ts'
import { parseUserAgent } from '../go/user-agent.ts'
import type { Int } from '../numbers.ts'
import { Failure, newMap, RawMap } from '../values.ts'
import { define, ofString } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

const network = (text: string): Network => {
  const parsed = parseNetwork(text)
  if (parsed === undefined) throw new Failure(`${JSON.stringify(text)} is no network such as 10.0.0.0/8`)
  return parsed
}

const protocols: Readonly<Record<string, number>> = { ICMP: 1, TCP: 6, UDP: 17, RSVP: 46, ICMP6: 58, SCTP: 132 }

interface Endpoint {
  readonly address: Uint8Array
  readonly port: number
}

const endpoint = (name: string, ip: string, port: Int): Endpoint => {
  if (port < 0 || port > 65_535) throw new Failure(`the ${name} port must be between 0 and 65535, not ${port}`)
  const address = parseIp(ip)
  if (address === undefined) throw new Failure(`the ${name} IP ${JSON.stringify(ip)} is none`)
  return { address, port: Number(port) }
}

const isAfter = (a: Endpoint, b: Endpoint): boolean => {
  if (a.address.length !== b.address.length) return a.address.length > b.address.length
  const order = Buffer.compare(a.address, b.address)
  return order === 0 ? a.port > b.port : order > 0
}

/** Community ID version 1: the same for both directions of a flow. */
const communityId = (source: Endpoint, destination: Endpoint, protocol: number, seed: number): string => {
  const [first, second] = isAfter(source, destination) ? [destination, source] : [source, destination]
  const numbers = Buffer.alloc(8)
  numbers.writeUInt16BE(seed, 0)
  numbers.writeUInt8(protocol, 2)
  numbers.writeUInt16BE(first.port, 4)
  numbers.writeUInt16BE(second.port, 6)
  const hash = createHash('sha1').update(numbers.subarray(0, 2)).update(first.address).update(second.address)
  return `1:${hash.update(numbers.subarray(2)).digest('base64')}`
}

export const net: readonly FunctionSpec[] = [
  define('IsInCIDR', { Target: 'string', Networks: 'stringItems' }, ({ Target, Networks }) => {
    const computed = Networks.findIndex((item) => item.literal === undefined)
    // Those before the first that is computed are read now, and their mistakes found.
    const known = (computed < 0 ? Networks : Networks.slice(0, computed)).map((item) => network(item.literal!.value))
    const fixed = computed < 0 ? known : undefined
    return (run) => {
      const address = parseIp(Target.get(run))
      if (address === undefined) return false
      if (fixed !== undefined) return fixed.some((each) => contains(each, address))
      return Networks.some((item) => contains(network(item.get(run)), address))
    }
  }),
  define(
    'CommunityID',
    {
      SourceIP: 'string',
      SourcePort: 'int',
      DestinationIP: 'string',
      DestinationPort: 'int',
      Protocol: 'string?',
      Seed: 'int?',
    },
    ({ SourceIP, SourcePort, DestinationIP, DestinationPort, Protocol, Seed }) =>
      (run) => {
        const source = endpoint('source', SourceIP.get(run), SourcePort.get(run))
        const destination = endpoint('destination', DestinationIP.get(run), DestinationPort.get(run))
        const name = Protocol?.get(run) ?? 'TCP'
        const protocol = Object.hasOwn(protocols, name) ? protocols[name]! : undefined
        if (protocol === undefined)
          throw new Failure(`the protocol ${JSON.stringify(name)} is none of ${Object.keys(protocols).join(', ')}`)
        const seed = Seed?.get(run) ?? 0
        if (seed < 0 || seed > 65_535) throw new Failure(`the seed must be between 0 and 65535, not ${seed}`)
        return communityId(source, destination, protocol, Number(seed))
      },
  ),
  ofString('UserAgent', 'UserAgent', (text) => {
    const { name, version, systemName, systemVersion } = parseUserAgent(text)
    const map = newMap()
    map['user_agent.name'] = name
    map['user_agent.original'] = text
    map['user_agent.version'] = version
    map['os.name'] = systemName
    if (systemVersion !== '') map['os.version'] = systemVersion
    return new RawMap(map)
  }),
  ofString('URL', 'URI', (text) => {
    if (text === '') throw new Failure('URL cannot read an empty text')
    return new RawMap(parseUrl(text))
  }),
]
