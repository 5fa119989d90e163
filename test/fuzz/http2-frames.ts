/**
 * Frames no client should send, straight at a connection of our HTTP/2 server: any type, flag, stream and length, header
 * blocks sound and broken, floods, in pieces of any size. It goes on, or ends with a reason; requests are answered or told
 * that their peer has gone; nothing is held afterwards.
 */
import assert from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import { fakeClock } from 'seneca-collector/testing'
import { FrameType } from '../../core/http/http2/codes.ts'
import { Connection } from '../../core/http/http2/connection.ts'
import type { Exchange } from '../../core/http/http2/exchange.ts'
import { encodeFields } from '../../core/http/http2/hpack-encoder.ts'
import { block, frame, PREFACE, word } from '../http2/peer.ts'
import type { Dice } from './dice.ts'
import { defineFuzzer } from './fuzzer.ts'

const FRAMES_MOST = 30
const ODD_WORDS = [0, 1, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]
const FLAGS = [0, 1, 4, 5, 8, 9, 13, 32, 36, 37, 255]
const OK = encodeFields([[':status', '200']])
const END = encodeFields([['x-end', '1']])

const blockOf = (dice: Dice): Buffer => {
  const whole = block(
    dice.chance(0.3) ? [['content-length', String(dice.int(30))]] : [['x-key', 'v'.repeat(dice.int(300))]],
  )
  return dice.chance(0.2)
    ? dice.broken(whole, [Buffer.from([0x20]), Buffer.from([0xbe]), Buffer.from([0x3f, 0xe1, 0x1f])])
    : whole
}

const payloadOf = (dice: Dice, type: number): Uint8Array => {
  if (dice.chance(0.1)) return dice.bytes(dice.int(40))
  switch (type) {
    case FrameType.HEADERS:
    case FrameType.CONTINUATION:
      return blockOf(dice)
    case FrameType.SETTINGS:
      return Buffer.concat([Buffer.from([0, 1 + dice.int(7)]), word(dice.pick([...ODD_WORDS, 16_384, 65_535]))])
    case FrameType.RST_STREAM:
    case FrameType.WINDOW_UPDATE:
      return word(dice.chance(0.7) ? dice.int(70_000) : dice.pick(ODD_WORDS))
    case FrameType.PING:
    case FrameType.GOAWAY:
      return dice.bytes(8)
    case FrameType.PRIORITY:
      return dice.bytes(5)
    default:
      return Buffer.alloc(dice.int(2_000), dice.int(256))
  }
}

/** What a client of good manners might send, with every choice that might be wrong made wrong now and then. */
const framesOf = (dice: Dice): Buffer => {
  const frames: Buffer[] = [frame(FrameType.SETTINGS, 0, 0)]
  let newest = -1
  for (let n = dice.int(FRAMES_MOST); n > 0; n--) {
    const isOpening = dice.chance(0.4)
    const type = isOpening ? FrameType.HEADERS : dice.chance(0.95) ? dice.int(10) : dice.int(256)
    if (isOpening) newest += 2
    const ofConnection = type === FrameType.SETTINGS || type === FrameType.PING || type === FrameType.GOAWAY
    const known = isOpening ? newest : Math.max(1, newest - 2 * dice.int(4))
    const id = dice.chance(0.05) ? dice.int(50) : ofConnection || dice.chance(0.1) ? 0 : known
    const flags = dice.chance(0.2)
      ? dice.pick(FLAGS)
      : type === FrameType.HEADERS
        ? 4 + dice.int(2)
        : ofConnection
          ? 0
          : dice.int(2)
    const one = frame(type, flags, id, payloadOf(dice, type))
    for (let times = dice.chance(0.02) ? 1_100 : 1; times > 0; times--) frames.push(one)
  }
  const all = Buffer.concat([PREFACE, ...frames])
  return dice.chance(0.3) ? dice.broken(all) : all
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

export default defineFuzzer({
  name: 'http2-frames',
  promise: 'frames that no client should send end their own connection at most, and hold nothing then',
  rounds: 1_500,
  open: () => ({
    async round(dice) {
      const [near, far] = duplexPair()
      const clock = fakeClock()
      const faults: string[] = []
      let [asked, settled] = [0, 0]
      const onExchange = (exchange: Exchange): void => {
        asked++
        let length = 0
        const answer = (): void => {
          settled++
          exchange.answer(OK, Buffer.alloc(dice.int(3_000)), END)
        }
        if (dice.chance(0.1)) return answer()
        exchange.read({
          data: (piece) => {
            length += piece.length
            if (length > 4_000 && !exchange.isOver) answer()
          },
          end: () => (dice.chance(0.8) ? answer() : void setImmediate(() => (exchange.isOver ? undefined : answer()))),
          gone: () => void settled++,
        })
      }
      const onFault = (sentence: string): void => void faults.push(sentence)
      const connection = new Connection(near, { clock, maxConcurrentStreams: 5, onExchange, onFault })
      near.on('data', (chunk: Buffer) => connection.take(chunk))
      const said: Buffer[] = []
      far.on('data', (chunk: Buffer) => said.push(chunk))
      far.on('error', () => {})
      const bytes = framesOf(dice)
      for (let at = 0; at < bytes.length;) {
        const size = dice.chance(0.5) ? bytes.length : 1 + dice.int(200)
        if (far.writable) far.write(bytes.subarray(at, at + size))
        at += size
        if (dice.chance(0.3)) await turn()
      }
      await turn()
      await turn()
      assert.ok(Buffer.concat(said).length < 200_000, 'it is answered with more than it asks for')
      assert.ok(faults.length <= 1, `more than one reason to end: ${faults.join('; ')}`)
      if (faults.length === 1) {
        const goAway = Buffer.concat([Buffer.of(FrameType.GOAWAY, 0), word(0)])
        assert.ok(Buffer.concat(said).includes(goAway), 'it ended without a word')
        assert.ok(!connection.isUp)
      }
      connection.check(clock.monotonic())
      connection.destroy()
      await turn()
      await turn()
      assert.equal(settled, asked, 'a request was neither answered nor told that its peer has gone')
      assert.equal(connection.openStreams, 0)
      assert.equal(clock.pending, 0)
    },
  }),
})
