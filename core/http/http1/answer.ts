/** The head of an answer as bytes on the wire (Latin-1). */
import { nodeHttp } from '../../kit/node-http.ts'
import type { Answer } from './exchange.ts'

export const PLAIN: readonly string[] = ['content-type', 'text/plain; charset=utf-8']

let date = ''
let second = 0

/** `Date` is told in whole seconds, so it is written once in each. */
const dateLine = (): string => {
  const now = Math.floor(Date.now() / 1000)
  if (now !== second) {
    second = now
    date = `date: ${new Date(now * 1000).toUTCString()}\r\n`
  }
  return date
}

/** What cannot stand in a header line, or would end it early. */
const UNFIT = /[^\t -~\x80-\xff]/g

const linesOf = (headers: readonly string[]): string => {
  let lines = ''
  for (let i = 0; i + 1 < headers.length; i += 2)
    lines += `${`${headers[i]!}: ${headers[i + 1]!}`.replace(UNFIT, '?')}\r\n`
  return lines
}

const known = new WeakMap<readonly string[], string>()

/** Headers that are the same array are the same lines. */
const knownLinesOf = (headers: readonly string[]): string => {
  const lines = known.get(headers)
  if (lines !== undefined) return lines
  const made = linesOf(headers)
  known.set(headers, made)
  return made
}

/** `idleMs`: how long the connection is kept for more; undefined: it ends. */
const write = ({ status, headers, body }: Answer, idleMs: number | undefined): string => {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const kept =
    idleMs === undefined
      ? 'connection: close\r\n'
      : `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(idleMs / 1000)}\r\n`
  // 204 has neither a body nor its length (RFC 9110 §8.6).
  const size = status === 204 ? '' : `content-length: ${length}\r\n`
  return `HTTP/1.1 ${status} ${nodeHttp.STATUS_CODES[status] ?? ''}\r\n${knownLinesOf(headers)}${size}${dateLine()}${kept}\r\n`
}

interface Written {
  readonly answer: Answer
  readonly idleMs: number | undefined
  readonly date: string
  readonly text: string
}

let last: Written | undefined

/** As `write`; the same answer within the same second, which most are, is the same text. */
export const headOf = (answer: Answer, idleMs: number | undefined): string => {
  const date = dateLine()
  if (last?.answer === answer && last.idleMs === idleMs && last.date === date) return last.text
  last = { answer, idleMs, date, text: write(answer, idleMs) }
  return last.text
}
