/** What RFC 9113 calls an error, each by its code; and what it lets be. */
import { afterEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../../test/setup/wait-for.ts'
import { FrameType, Flag, MOST, Setting } from './codes.ts'
import { encodeFields } from './hpack-encoder.ts'
import { BLOCK_BYTES, FRAME_BYTES, WINDOW_BYTES } from './limits.ts'
import { settingsOf } from './settings.ts'
import { block, dial, echo, frame, PREFACE, request, serve, word } from '../../../test/http2/peer.ts'
import type { Peer } from '../../../test/http2/peer.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } =
  FrameType
const { END_STREAM, END_HEADERS, PADDED, ACK } = Flag
const WHOLE = END_HEADERS | END_STREAM

/** A request that is open: its headers are there, its body is not. */
const open = (id: number, more: readonly (readonly [string, string])[] = []): Buffer =>
  frame(HEADERS, END_HEADERS, id, block(more))
/** One that is over. */
const whole = (id: number): Buffer => frame(HEADERS, WHOLE, id, block())
/** One with these fields and nothing else. */
const fields = (list: readonly (readonly [string, string])[]): Buffer => frame(HEADERS, WHOLE, 1, encodeFields(list))
const settings = (setting: number, value: number): Buffer => frame(SETTINGS, 0, 0, settingsOf([[setting, value]]))
const data = (id: number, text: string, flags = 0): Buffer => frame(DATA, flags, id, Buffer.from(text))
const zeros = (length: number): Buffer => Buffer.alloc(length)
const without = (name: string): Buffer => fields(request.filter(([key]) => key !== name))

/** A verdict, and what earns it. */
const cases: Readonly<Record<string, Readonly<Record<string, readonly Uint8Array[]>>>> = {
  'GOAWAY PROTOCOL_ERROR': {
    '§4.1 PUSH_PROMISE of a client': [whole(1), frame(PUSH_PROMISE, END_HEADERS, 1, zeros(4))],
    '§4.3 a header block that another frame interrupts': [frame(HEADERS, 0, 1, block()), frame(PING, 0, 0, zeros(8))],
    '§4.3 a header block that another stream goes on with': [
      frame(HEADERS, 0, 1, block()),
      frame(CONTINUATION, END_HEADERS, 3, zeros(0)),
    ],
    '§5.1 DATA of a stream that was never opened': [data(1, 'x')],
    '§5.1 RST_STREAM of a stream that was never opened': [frame(RST_STREAM, 0, 1, word(8))],
    '§5.1 WINDOW_UPDATE of a stream that was never opened': [frame(WINDOW_UPDATE, 0, 1, word(1))],
    '§5.1.1 HEADERS of a stream with an even number': [whole(2)],
    '§5.1.1 DATA of a stream with an even number': [whole(3), data(2, 'x')],
    '§6.1 DATA of the connection': [data(0, 'x')],
    '§6.1 DATA with more padding than frame': [open(1), frame(DATA, PADDED, 1, Buffer.from([5, 1, 2]))],
    '§6.2 HEADERS of the connection': [whole(0)],
    '§6.2 HEADERS with more padding than frame': [
      frame(HEADERS, WHOLE | PADDED, 1, Buffer.concat([Buffer.of(200), block()])),
    ],
    '§6.3 PRIORITY of the connection': [frame(PRIORITY, 0, 0, zeros(5))],
    'RFC 7540 §5.3.1 a stream that depends on itself': [frame(PRIORITY, 0, 1, Buffer.concat([word(1), zeros(1)]))],
    'RFC 7540 §5.3.1 a request that depends on itself': [
      frame(HEADERS, WHOLE | Flag.PRIORITY, 1, Buffer.concat([word(1), zeros(1), block()])),
    ],
    '§6.4 RST_STREAM of the connection': [frame(RST_STREAM, 0, 0, word(8))],
    '§6.5 SETTINGS of a stream': [frame(SETTINGS, 0, 1)],
    '§6.5.2 ENABLE_PUSH that is neither': [settings(Setting.ENABLE_PUSH, 2)],
    '§6.5.2 MAX_FRAME_SIZE that is too small': [settings(Setting.MAX_FRAME_SIZE, 16_383)],
    '§6.5.2 MAX_FRAME_SIZE that is too large': [settings(Setting.MAX_FRAME_SIZE, 2 ** 24)],
    '§6.7 PING of a stream': [frame(PING, 0, 1, zeros(8))],
    '§6.8 GOAWAY of a stream': [frame(GOAWAY, 0, 1, zeros(8))],
    '§6.9 WINDOW_UPDATE of the connection by nothing': [frame(WINDOW_UPDATE, 0, 0, word(0))],
    '§6.10 CONTINUATION of nothing': [frame(CONTINUATION, END_HEADERS, 1, block())],
    '§6.10 CONTINUATION after the end of a block': [open(1), frame(CONTINUATION, END_HEADERS, 1, block())],
  },
  'GOAWAY FRAME_SIZE_ERROR': {
    '§4.2 a frame larger than announced': [open(1), frame(DATA, 0, 1, zeros(FRAME_BYTES + 1))],
    '§6.1 DATA whose padding is not there': [open(1), frame(DATA, PADDED, 1)],
    '§6.2 HEADERS whose padding is not there': [frame(HEADERS, WHOLE | PADDED, 1)],
    '§6.2 HEADERS too short for their priority': [frame(HEADERS, WHOLE | Flag.PRIORITY, 1, zeros(4))],
    '§6.3 PRIORITY of another length': [frame(PRIORITY, 0, 1, zeros(4))],
    '§6.4 RST_STREAM of another length': [open(1), frame(RST_STREAM, 0, 1, zeros(3))],
    '§6.5 SETTINGS of an odd length': [frame(SETTINGS, 0, 0, zeros(5))],
    '§6.5 an acknowledgement of SETTINGS that says something': [frame(SETTINGS, ACK, 0, zeros(6))],
    '§6.7 PING of another length': [frame(PING, 0, 0, zeros(7))],
    '§6.8 GOAWAY too short': [frame(GOAWAY, 0, 0, zeros(7))],
    '§6.9 WINDOW_UPDATE of another length': [frame(WINDOW_UPDATE, 0, 0, zeros(3))],
  },
  'GOAWAY FLOW_CONTROL_ERROR': {
    '§6.5.2 a window that is too large': [settings(Setting.INITIAL_WINDOW_SIZE, MOST + 1)],
    '§6.9.1 a window of the connection of more than 2^31-1': [frame(WINDOW_UPDATE, 0, 0, word(MOST))],
    '§6.9.2 settings that make a window too large': [
      open(1),
      frame(WINDOW_UPDATE, 0, 1, word(MOST - 65_535)),
      settings(Setting.INITIAL_WINDOW_SIZE, MOST),
    ],
    '§6.9.1 more DATA than the window of the connection': [
      open(1, [['x-held', '1']]),
      open(3, [['x-held', '1']]),
      ...[1, 3].flatMap((id) => Array.from({ length: 3 }, () => frame(DATA, 0, id, zeros(FRAME_BYTES)))),
    ],
  },
  'GOAWAY STREAM_CLOSED': {
    '§5.1 HEADERS of a closed stream': [whole(1), frame(PING, 0, 0, zeros(8)), whole(1)],
    '§5.1.1 a stream with a lower number than one before': [whole(5), whole(3)],
  },
  'GOAWAY COMPRESSION_ERROR': {
    '§4.3 a block that cannot be read': [frame(HEADERS, WHOLE, 1, Buffer.from([0x80]))],
    '§4.3 trailers that cannot be read': [open(1), frame(HEADERS, WHOLE, 1, Buffer.from([0xff]))],
    'a table that is larger than allowed': [frame(HEADERS, WHOLE, 1, Buffer.from([0x3f, 0xe2, 0x1f]))],
  },
  'GOAWAY ENHANCE_YOUR_CALM': {
    'a header block without end': [frame(HEADERS, 0, 1), ...Array.from({ length: 9 }, () => frame(CONTINUATION, 0, 1))],
    'a header block that is too long': [frame(HEADERS, 0, 1, zeros(BLOCK_BYTES + 1))],
    'a header block that is too long in pieces': [
      frame(HEADERS, 0, 1, zeros(BLOCK_BYTES)),
      frame(CONTINUATION, END_HEADERS, 1, zeros(1)),
    ],
    'streams that are taken back at once': Array.from({ length: 1_001 }, (_, i) => [
      open(2 * i + 1),
      frame(RST_STREAM, 0, 2 * i + 1, word(8)),
    ]).flat(),
    'streams that are broken at once': Array.from({ length: 1_001 }, (_, i) => frame(HEADERS, WHOLE, 2 * i + 1)),
    pings: Array.from({ length: 1_001 }, () => frame(PING, 0, 0, zeros(8))),
    settings: Array.from({ length: 1_001 }, () => frame(SETTINGS, 0, 0)),
    'more settings than there are': [frame(SETTINGS, 0, 0, zeros(6 * 33))],
    priorities: Array.from({ length: 1_001 }, () => frame(PRIORITY, 0, 1, zeros(5))),
    'empty DATA': [open(1), ...Array.from({ length: 1_001 }, () => frame(DATA, 0, 1))],
    'windows that grow byte by byte': Array.from({ length: 1_001 }, () => frame(WINDOW_UPDATE, 0, 0, word(1))),
    'frames nobody knows': Array.from({ length: 1_001 }, () => frame(0x77, 0, 0, zeros(3))),
  },
  'RST_STREAM STREAM_CLOSED': {
    '§5.1 DATA after the end of a stream': [frame(HEADERS, WHOLE, 1, block([['x-held', '1']])), data(1, 'x')],
    '§5.1 HEADERS after the end of a stream': [
      frame(HEADERS, WHOLE, 1, block([['x-held', '1']])),
      frame(HEADERS, WHOLE, 1, encodeFields([['x', 'y']])),
    ],
    '§5.1 DATA of a stream that is closed': [whole(1), data(1, 'x')],
  },
  'RST_STREAM FLOW_CONTROL_ERROR': {
    '§6.9.1 a window of a stream of more than 2^31-1': [open(1), frame(WINDOW_UPDATE, 0, 1, word(MOST))],
  },
  'RST_STREAM PROTOCOL_ERROR': {
    '§6.9 WINDOW_UPDATE of a stream by nothing': [open(1), frame(WINDOW_UPDATE, 0, 1, word(0))],
    '§8.1 trailers that do not end the stream': [open(1), frame(HEADERS, END_HEADERS, 1, encodeFields([['x', 'y']]))],
    '§8.1 trailers with a pseudo-field': [open(1), frame(HEADERS, WHOLE, 1, encodeFields([[':path', '/']]))],
    '§8.1.1 less than content-length': [open(1, [['content-length', '3']]), data(1, 'xy', END_STREAM)],
    '§8.1.1 more than content-length': [open(1, [['content-length', '3']]), data(1, 'wxyz')],
    '§8.1.1 a content-length without content': [frame(HEADERS, WHOLE, 1, block([['content-length', '3']]))],
    '§8.1.1 a content-length that is none': [frame(HEADERS, WHOLE, 1, block([['content-length', '-3']]))],
    '§8.2.1 a name in capitals': [fields([...request, ['X-Key', 'v']])],
    '§8.2.1 a name with a blank': [fields([...request, ['x key', 'v']])],
    '§8.2.1 a name that is empty': [fields([...request, ['', 'v']])],
    '§8.2.1 a value with a line end': [fields([...request, ['x-key', 'a\r\nb: c']])],
    '§8.2.1 a value with NUL': [fields([...request, ['x-key', 'a\0b']])],
    '§8.2.1 a value with a blank in front': [fields([...request, ['x-key', ' v']])],
    '§8.2.2 a field of the connection': [fields([...request, ['connection', 'close']])],
    '§8.2.2 transfer-encoding': [fields([...request, ['transfer-encoding', 'chunked']])],
    '§8.2.2 te that says more than trailers': [fields([...request, ['te', 'trailers, deflate']])],
    '§8.3 a pseudo-field that is unknown': [fields([...request, [':x', 'v']])],
    '§8.3 a pseudo-field of answers': [fields([...request, [':status', '200']])],
    '§8.3 a pseudo-field behind others': [fields([...request.slice(1), ['x-key', 'v'], request[0]])],
    '§8.3 a pseudo-field twice': [fields([...request, request[0]])],
    '§8.3.1 no method': [without(':method')],
    '§8.3.1 no scheme': [without(':scheme')],
    '§8.3.1 no path': [without(':path')],
    '§8.3.1 an empty path': [fields([...request.filter(([key]) => key !== ':path'), [':path', '']])],
    'two opinions about the content type': [fields([...request, ['content-type', 'a/b'], ['content-type', 'c/d']])],
  },
}

/** Answers; but one that is held is left open. */
const holding = async (): Promise<{ readonly peer: Peer; readonly port: number; readonly faults: string[] }> => {
  const served = await serve((exchange) => {
    if (exchange.fields['x-held'] === undefined) echo(exchange)
  })
  cleanups.push(() => served.stop())
  const peer = dial(served.port)
  cleanups.push(() => peer.socket.destroy())
  return { peer, port: served.port, faults: served.faults }
}

describe('a connection', () => {
  for (const [verdict, sent] of Object.entries(cases)) {
    describe(`answers ${verdict}`, () => {
      for (const [title, frames] of Object.entries(sent)) {
        it(`to ${title}`, async () => {
          const { peer, port, faults } = await holding()
          peer.send(...frames)
          if (verdict.startsWith('GOAWAY')) await peer.first(GOAWAY)
          expect(await peer.verdict()).toBe(verdict)
          if (verdict.startsWith('GOAWAY')) {
            await waitFor('it ends', () => peer.isClosed)
            expect(faults).toHaveLength(1)
            expect(peer.got.find(({ type }) => type === GOAWAY)?.payload.toString('utf8', 8)).toBe(faults[0])
          } else {
            // Only the stream is over.
            peer.send(whole(101))
            await peer.first(HEADERS, 101)
            expect(faults).toEqual([])
          }
          const other = dial(port)
          other.send(whole(1))
          await other.first(HEADERS, 1)
          other.socket.destroy()
        })
      }
    })
  }

  it('wants the preface, and SETTINGS first', async () => {
    const served = await serve()
    cleanups.push(() => served.stop())
    for (const wrong of ['PRI * HTTP/2.0\r\n\r\nSM\r\n\rX', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n']) {
      const peer = dial(served.port, true)
      peer.send(Buffer.from(wrong))
      expect(await peer.verdict()).toBe('GOAWAY PROTOCOL_ERROR')
    }
    for (const first of [whole(1), frame(SETTINGS, ACK, 0), frame(0x77, 0, 0)]) {
      const peer = dial(served.port, true)
      peer.send(PREFACE, first)
      expect(await peer.verdict()).toBe('GOAWAY PROTOCOL_ERROR')
    }
  })

  it('lets be what means nothing, and what comes too late to be known', async () => {
    const { peer, faults } = await holding()
    peer.send(
      frame(0x77, 255, 0, zeros(20)),
      settings(0x99, 7),
      frame(PRIORITY, 0, 7, Buffer.concat([word(3), zeros(1)])),
      frame(
        HEADERS,
        WHOLE | PADDED | Flag.PRIORITY,
        1,
        Buffer.concat([Buffer.of(3), word(0), zeros(1), block(), zeros(3)]),
      ),
      frame(PING, ACK, 0, zeros(8)),
    )
    await peer.first(HEADERS, 1)
    // Of a stream that is over.
    peer.send(frame(WINDOW_UPDATE, 0, 1, word(5)), frame(RST_STREAM, 0, 1, word(8)), frame(PRIORITY, 0, 1, zeros(5)))
    peer.send(frame(PING, 0, 0, Buffer.from('12345678')), frame(GOAWAY, 0, 0, zeros(8)), whole(3))
    expect((await peer.first(PING)).payload.toString()).toBe('12345678')
    await peer.first(HEADERS, 3)
    expect(faults).toEqual([])
  })

  it('reads a request however it is cut into frames and pieces', async () => {
    const { port } = await holding()
    const head = block([['x-key', 'value']])
    const stream = Buffer.concat([
      frame(HEADERS, 0, 1, head.subarray(0, 5)),
      frame(CONTINUATION, 0, 1, head.subarray(5, 6)),
      frame(CONTINUATION, END_HEADERS, 1, head.subarray(6)),
      data(1, 'he'),
      frame(DATA, PADDED, 1, Buffer.concat([Buffer.of(4), Buffer.from('ll'), zeros(4)])),
      frame(DATA, PADDED, 1, Buffer.of(0)),
      frame(DATA, PADDED | END_STREAM, 1, Buffer.concat([Buffer.of(200), Buffer.from('o'), zeros(200)])),
    ])
    for (const size of [1, 2, 7, 9, 10, 50, 1_000]) {
      const peer = dial(port)
      peer.socket.setNoDelay(true)
      for (let at = 0; at < stream.length; at += size) {
        peer.send(stream.subarray(at, at + size))
        if (size < 50) await new Promise((resolve) => void setImmediate(resolve))
      }
      expect((await peer.first(DATA, 1)).payload.toString()).toBe('hello')
      peer.socket.destroy()
    }
  })

  it('refuses streams beyond what it announces, and says what it takes', async () => {
    const served = await serve(() => {}, { maxConcurrentStreams: 2 })
    cleanups.push(() => served.stop())
    const peer = dial(served.port)
    peer.send(open(1), open(3), open(5))
    expect(await peer.verdict()).toBe('RST_STREAM REFUSED_STREAM')
    const announced = await peer.first(SETTINGS)
    expect(announced.payload.readUInt32BE(2)).toBe(2)
    expect(served.connections[0]?.openStreams).toBe(2)
    peer.socket.destroy()
  })

  it('answers what is too large without reading it', async () => {
    const served = await serve((exchange) => {
      exchange.answer(encodeFields([[':status', exchange.isTooLarge ? '431' : '200']]))
    })
    cleanups.push(() => served.stop())
    const peer = dial(served.port)
    peer.send(frame(HEADERS, END_HEADERS, 1, block([['x-long', 'v'.repeat(17_000)]])))
    peer.send(frame(HEADERS, END_HEADERS, 3, block(Array.from({ length: 130 }, (_, i) => [`x-${i}`, '']))))
    for (const id of [1, 3]) {
      // `:status` by its name, 431 as it is.
      expect((await peer.first(HEADERS, id)).payload.toString('latin1')).toMatch(/431$/)
      expect((await peer.first(RST_STREAM, id)).payload.readUInt32BE(0)).toBe(0)
    }
    // What was on its way is passed over, and the window of the connection comes back.
    for (let i = 0; i < 3; i++) peer.send(frame(DATA, 0, 1, zeros(FRAME_BYTES)))
    peer.send(frame(DATA, END_STREAM, 1), whole(5))
    await peer.first(HEADERS, 5)
    expect(
      (await waitFor('it comes back', () => peer.got.filter(({ type }) => type === WINDOW_UPDATE)[1])).payload,
    ).toEqual(word(WINDOW_BYTES / 2))
    expect(served.faults).toEqual([])
    peer.socket.destroy()
  })
})
