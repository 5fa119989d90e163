import { describe, expect, it } from 'vitest'
import { seeded } from '../../../test/setup/random-streams.ts'
import { AnswerReader, BadAnswer } from './answer-reader.ts'

const MOST = 64 * 1024

interface Read {
  readonly status: number
  readonly body: string
  readonly isKept: boolean
}

/** Reads it in pieces of random sizes; all of one connection is read into the same memory. Undefined: it never ended. */
const read = (bytes: Buffer, random: () => number, isHead = false, ends = false): Read | undefined => {
  const reader = new AnswerReader(isHead, MOST)
  const memory = Buffer.alloc(bytes.length)
  let isWhole = false
  for (let at = 0; at < bytes.length && !isWhole;) {
    const piece = bytes.subarray(at, at + Math.ceil(random() * 30))
    piece.copy(memory)
    isWhole = reader.push(memory.subarray(0, piece.length))
    memory.fill(0)
    at += piece.length
  }
  isWhole ||= ends && reader.end()
  return isWhole
    ? { status: reader.status, body: Buffer.from(reader.body).toString(), isKept: reader.isKept }
    : undefined
}

const answers: readonly [what: string, answer: string, expected: Read][] = [
  ['with a length', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello', { status: 200, body: 'hello', isKept: true }],
  ['without a body', 'HTTP/1.1 503 \r\ncontent-length: 0\r\n\r\n', { status: 503, body: '', isKept: true }],
  ['without a reason', 'HTTP/1.1 404\r\nContent-Length:0\r\n\r\n', { status: 404, body: '', isKept: true }],
  [
    'in chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nx: y\r\n\r\n',
    { status: 200, body: 'hello', isKept: true },
  ],
  [
    'behind interim ones',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    { status: 200, body: 'ok', isKept: true },
  ],
  ['of 204', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, body: '', isKept: true }],
  ['of 304', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n', { status: 304, body: '', isKept: true }],
  [
    'that closes',
    'HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 2\r\n\r\nok',
    { status: 200, body: 'ok', isKept: false },
  ],
  ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', { status: 200, body: 'ok', isKept: false }],
  [
    'of HTTP/1.0 that stays',
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok',
    { status: 200, body: 'ok', isKept: true },
  ],
]

describe('an answer', () => {
  it.each(answers)('%s is read, however it is cut into pieces', (_, answer, expected) => {
    const random = seeded(5)
    for (let i = 0; i < 30; i++) expect(read(Buffer.from(answer), random)).toEqual(expected)
    expect(read(Buffer.from(answer.slice(0, -1)), random)).toBeUndefined()
  })

  it('to HEAD has no body, and one without a length ends with its connection', () => {
    const random = seeded(6)
    const head = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n')
    expect(read(head, random, true)).toEqual({ status: 200, body: '', isKept: true })
    const endless = Buffer.from('HTTP/1.1 200 OK\r\n\r\nuntil the end')
    expect(read(endless, random)).toBeUndefined()
    expect(read(endless, random, false, true)).toEqual({ status: 200, body: 'until the end', isKept: false })
    expect(read(head, random, false, true)).toBeUndefined()
  })

  it('leaves what comes behind it to nobody', () => {
    const reader = new AnswerReader(false, MOST)
    expect(reader.push(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK'))).toBe(true)
    expect([Buffer.from(reader.body).toString(), reader.isKept]).toEqual(['ok', false])
  })

  it.each([
    'content-length: 11\r\n\r\n0123456789',
    'transfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\n',
    '\r\n0123456789',
  ])('is whole when all of it that is kept is there: %j', (rest) => {
    const reader = new AnswerReader(false, 10)
    expect(reader.push(Buffer.from(`HTTP/1.1 200 OK\r\n${rest}`))).toBe(false)
    expect(reader.push(Buffer.from('x'))).toBe(true)
    expect([Buffer.from(reader.body).toString(), reader.truncated, reader.isKept]).toEqual(['0123456789', true, false])
  })

  it('joins headers of one name, and hears how long its connection is kept', () => {
    const reader = new AnswerReader(false, MOST)
    reader.push(
      Buffer.from('HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\nKeep-Alive: timeout=7, max=9\r\ncontent-length: 0\r\n\r\n'),
    )
    expect([reader.headers['a'], reader.keptMs]).toEqual(['1, 2', 7_000])
  })

  const ok = 'HTTP/1.1 200 OK\r\n'
  it.each([
    ['a length and chunks', `${ok}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n`],
    ['two lengths', `${ok}content-length: 3\r\ncontent-length: 3\r\n\r\n`],
    ['a list of lengths', `${ok}content-length: 3, 3\r\n\r\n`],
    ['a length with a sign', `${ok}content-length: +3\r\n\r\n`],
    ['a length in hexadecimal', `${ok}content-length: 0x3\r\n\r\n`],
    ['an empty length', `${ok}content-length:\r\n\r\n`],
    ['another coding', `${ok}transfer-encoding: gzip, chunked\r\n\r\n`],
    ['a coding that looks like one', `${ok}transfer-encoding: xchunked\r\n\r\n`],
    ['two codings', `${ok}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n`],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['a blank before the colon', `${ok}content-length : 3\r\n\r\n`],
    ['a folded header', `${ok}x: a\r\n\tb\r\n\r\n`],
    ['a header without a colon', `${ok}nothing\r\n\r\n`],
    ['a NUL', `${ok}x: a\0b\r\n\r\n`],
    ['a bare line feed', 'HTTP/1.1 200 OK\r\nx: a\ny: b\r\n\r\n'],
    ['a bare carriage return', `${ok}x: a\rb\r\n\r\n`],
    ['no version', 'HTTP 200 OK\r\n\r\n'],
    ['a version that is not known', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status too long', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['an empty line first', `\r\n${ok}\r\n\r\n`],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20)],
    ['headers without end', `${ok}x: ${'y'.repeat(20_000)}`],
    ['too many headers', `${ok}${'a: b\r\n'.repeat(300)}\r\n`],
    ['a chunk without a size', `${ok}transfer-encoding: chunked\r\n\r\n;\r\n`],
    ['a chunk whose size is signed', `${ok}transfer-encoding: chunked\r\n\r\n-1\r\n`],
    ['a chunk that is longer than it says', `${ok}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n`],
    ['a chunk that ends in a bare line feed', `${ok}transfer-encoding: chunked\r\n\r\n1\na\r\n`],
  ])('that could be read in two ways is refused: %s', (_, answer) => {
    const random = seeded(8)
    for (let i = 0; i < 3; i++) expect(() => read(Buffer.from(answer), random)).toThrow(BadAnswer)
  })
})
