import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameType } from './codes.ts'
import { encodeFields } from './hpack-encoder.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import { readHuffman } from './huffman.ts'
import { dial, frame, serve } from '../../../test/http2/peer.ts'

type Pairs = readonly (readonly [string, string])[]

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

const decoded = (decoder: HpackDecoder, block: Buffer): Pairs => {
  const fields: [string, string][] = []
  decoder.decode(block, (name, value) => fields.push([name, value]))
  return fields
}

const get = (scheme: string, path: string): Pairs => [
  [':method', 'GET'],
  [':scheme', scheme],
  [':path', path],
  [':authority', 'www.example.com'],
]
const requests: readonly Pairs[] = [
  get('http', '/'),
  [...get('http', '/'), ['cache-control', 'no-cache']],
  [...get('https', '/index.html'), ['custom-key', 'custom-value']],
]
const date = (second: number): string => `Mon, 21 Oct 2013 20:13:${second} GMT`
const LOCATION = ['location', 'https://www.example.com'] as const
const responses: readonly Pairs[] = [
  [[':status', '302'], ['cache-control', 'private'], ['date', date(21)], LOCATION],
  [[':status', '307'], ['cache-control', 'private'], ['date', date(21)], LOCATION],
  [
    [':status', '200'],
    ['cache-control', 'private'],
    ['date', date(22)],
    LOCATION,
    ['content-encoding', 'gzip'],
    ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
  ],
]

/** RFC 7541 appendix C. */
const vectors: readonly {
  readonly title: string
  readonly table?: number
  readonly blocks: readonly string[]
  readonly fields: readonly Pairs[]
}[] = [
  {
    title: 'C.2, single fields',
    blocks: [
      '400a6375 73746f6d 2d6b6579 0d637573 746f6d2d 68656164 6572',
      '040c2f73 616d706c 652f7061 7468',
      '10087061 7373776f 72640673 65637265 74',
      '82',
    ],
    fields: [
      [['custom-key', 'custom-header']],
      [[':path', '/sample/path']],
      [['password', 'secret']],
      [[':method', 'GET']],
    ],
  },
  {
    title: 'C.3, requests',
    blocks: [
      '828684 410f7777772e6578616d706c652e636f6d',
      '828684be 58086e6f2d6361636865',
      '828785bf 400a637573746f6d2d6b6579 0c637573746f6d2d76616c7565',
    ],
    fields: requests,
  },
  {
    title: 'C.4, requests in Huffman code',
    blocks: [
      '828684 418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be 5886a8eb10649cbf',
      '828785bf 408825a849e95ba97d7f 8925a849e95bb8e8b4bf',
    ],
    fields: requests,
  },
  {
    title: 'C.5, responses, with a table that overflows',
    table: 256,
    blocks: [
      '4803333032 580770726976617465 611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54 6e1768747470733a2f2f7777772e6578616d706c652e636f6d',
      '4803333037 c1c0bf',
      '88c1 611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54 c0 5a04677a6970 7738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
    ],
    fields: responses,
  },
  {
    title: 'C.6, the same in Huffman code',
    table: 256,
    blocks: [
      '48826402 5885aec3771a4b 6196d07abe941054d444a8200595040b8166e082a62d1bff 6e919d29ad171863c78f0b97c8e9ae82ae43d3',
      '4883640eff c1c0bf',
      '88c1 6196d07abe941054d444a8200595040b8166e084a62d1bff c0 5a839bd9ab 77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ],
    fields: responses,
  },
]

/** Any byte but those a field may not have, and not around it. */
const value = fc
  .string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 60 })
  // oxlint-disable-next-line no-control-regex
  .map((text) => text.replaceAll(/[\0-\x1f\x7f]/g, '-').trim())
const name = fc.stringMatching(/^x-[a-z0-9]{1,12}$/)
const lists = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 20 })

describe('header blocks', () => {
  it.for(vectors)('are read as RFC 7541 has them: $title', ({ table, blocks, fields }) => {
    const decoder = new HpackDecoder(table)
    expect(blocks.map((one) => decoded(decoder, hex(one)))).toEqual(fields)
  })

  it('come back as they were written, and stand for themselves', () => {
    fc.assert(
      fc.property(lists, (list) => {
        expect(decoded(new HpackDecoder(), encodeFields(list))).toEqual(list)
      }),
    )
    const long: Pairs = [['x-long', 'v'.repeat(20_000)]]
    expect(decoded(new HpackDecoder(), encodeFields(long))).toEqual(long)
  })

  it('of node:http2 are read, and its own table stays the one of ours', async () => {
    const seen: object[] = []
    const server = await serve((exchange) => {
      seen.push({ ...exchange.fields })
      exchange.answer(encodeFields([[':status', '200'], ...answers[seen.length - 1]!]))
    })
    const asked = fc.sample(lists, { numRuns: 150, seed: 7 })
    const answers = fc.sample(lists, { numRuns: 150, seed: 8 })
    const session = connect(`http://127.0.0.1:${server.port}`)
    const came: object[] = []
    for (const list of asked) {
      const stream = session.request({ ':path': '/', ...Object.fromEntries(list) })
      came.push(
        await new Promise<object>((resolve, reject) => {
          stream.on('response', (headers) => resolve({ ...headers }))
          stream.on('error', reject)
          stream.resume()
        }),
      )
    }
    session.destroy()
    await server.stop()
    for (const [i, list] of asked.entries()) {
      expect(seen[i]).toMatchObject(Object.fromEntries(list))
      expect(came[i]).toMatchObject(Object.fromEntries(answers[i]!))
    }
  })

  it('of a server of node:http2 are read, Huffman code and table and all', async () => {
    const server = createServer((asked, answer) => {
      const list = sent[Number(asked.headers['x-number'])]!
      answer.writeHead(200, Object.fromEntries(list))
      answer.end()
    })
    const sent = fc.sample(lists, { numRuns: 100, seed: 9 })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const peer = dial((server.address() as AddressInfo).port)
    const fields: Pairs = [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'x'],
    ]
    for (const i of sent.keys())
      peer.send(frame(FrameType.HEADERS, 5, 2 * i + 1, encodeFields([...fields, ['x-number', String(i)]])))
    await peer.first(FrameType.HEADERS, 2 * sent.length - 1)
    const decoder = new HpackDecoder()
    const came = peer.got.filter(({ type }) => type === FrameType.HEADERS)
    expect(came).toHaveLength(sent.length)
    for (const { id, payload } of came)
      expect(Object.fromEntries(decoded(decoder, payload))).toMatchObject(Object.fromEntries(sent[(id - 1) / 2]!))
    peer.socket.destroy()
    server.close()
  })

  it('are refused when they are none', () => {
    const broken = {
      'an index of nothing': '80',
      'an index beyond the tables': 'be',
      'a name beyond the tables': '7f00 0161',
      'an integer without end': 'ffffffffffff7f',
      'an integer that is cut off': 'ff80',
      'a string that is cut off': '4003616263 0561',
      'a string that is missing': '4003616263',
      'a table that is larger than allowed': '3fe21f',
      'a table that is resized too late': '8220',
      'the end of strings in a string': '4001618 4ffffffff',
      'padding of a whole byte': '400161 82 1fff',
      'padding that is not ones': '400161 81 18',
    }
    for (const [what, bytes] of Object.entries(broken))
      expect(() => decoded(new HpackDecoder(), hex(bytes)), what).toThrow(expect.objectContaining({ code: 9 }) as Error)
  })

  it('may make the table smaller and larger again, up to what we allow', () => {
    const decoder = new HpackDecoder()
    decoded(decoder, hex('400161 0162'))
    expect(decoded(decoder, hex('be'))).toEqual([['a', 'b']])
    expect(decoded(decoder, hex('20 3fe11f 400163 0164'))).toEqual([['c', 'd']])
    expect(() => decoded(decoder, hex('bf'))).toThrow(/no entry 63/)
    expect(decoded(decoder, Buffer.concat([hex('40 0161 7f b11f'), Buffer.alloc(4_144, 'v')]))[0]?.[1]).toHaveLength(
      4_144,
    )
    expect(() => decoded(decoder, hex('be'))).toThrow(/no entry 62/)
  })

  it('never make the decoder do anything but read or refuse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          decoded(new HpackDecoder(), Buffer.from(bytes))
        } catch (error) {
          expect(error).toMatchObject({ name: 'ConnectionFault' })
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('have the codes of appendix B', () => {
    const codes = [
      ['0', 0x0, 5],
      ['a', 0x3, 5],
      ['z', 0x7b, 7],
      ['~', 0x1ffd, 13],
      ['\\', 0x7fff0, 19],
      ['\x80', 0xfffe6, 20],
      ['\xff', 0x3ffffee, 26],
      ['\xf9', 0xffffffe, 28],
      ['\n', 0x3ffffffc, 30],
    ] as const
    for (const [symbol, code, length] of codes) {
      const bits = code.toString(2).padStart(length, '0').repeat(3)
      const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')
      const bytes = Buffer.from(padded.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)))
      expect(readHuffman(bytes, 0, bytes.length)).toBe(symbol.repeat(3))
    }
  })
})
