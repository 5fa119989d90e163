/**
 * The two bodies of Loki's push API.
 *
 *   JSON   {"streams":[{"stream":{name: value},"values":[["<ns>","<line>",{name: value}]]}]}
 *   proto  PushRequest { 1: repeated Stream { 1: string labels, 2: repeated Entry } }
 *          Entry       { 1: Timestamp { 1: int64 seconds, 2: int32 nanos }, 2: string line, 3: repeated LabelPair { 1, 2 } }
 *          labels      {name="value", …} as in a query
 */
import { BackWriter } from 'seneca-collector/otlp'
import type { Entry, Pairs, Stream } from './streams.ts'

const SECOND = 1_000_000_000n

const entryJson = ({ time, line, metadata }: Entry): unknown[] =>
  metadata.length === 0 ? [String(time), line] : [String(time), line, Object.fromEntries(metadata)]

export const toJson = (streams: readonly Stream[]): Buffer =>
  Buffer.from(
    JSON.stringify({
      streams: streams.map(({ labels, entries }) => ({
        stream: Object.fromEntries(labels),
        values: entries.map(entryJson),
      })),
    }),
  )

const LENGTH = 2
const VARINT = 0
const tag = (field: number, type: number): number => field * 8 + type

const selector = (labels: Pairs): string =>
  `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value.toWellFormed())}`).join(', ')}}`

const textField = (out: BackWriter, field: number, text: string): void => {
  const mark = out.mark
  out.text(text)
  out.varint(out.mark - mark)
  out.varint(tag(field, LENGTH))
}

const nested = (out: BackWriter, field: number, write: () => void): void => {
  const mark = out.mark
  write()
  out.varint(out.mark - mark)
  out.varint(tag(field, LENGTH))
}

const intField = (out: BackWriter, field: number, value: bigint): void => {
  if (value === 0n) return
  out.int64(value)
  out.varint(tag(field, VARINT))
}

const writeEntry = (out: BackWriter, { time, line, metadata }: Entry): void => {
  for (const [name, value] of metadata.toReversed()) {
    nested(out, 3, () => {
      textField(out, 2, value)
      textField(out, 1, name)
    })
  }
  textField(out, 2, line)
  nested(out, 1, () => {
    intField(out, 2, time % SECOND)
    intField(out, 1, time / SECOND)
  })
}

export const toProto = (streams: readonly Stream[]): Uint8Array => {
  const out = new BackWriter()
  for (const { labels, entries } of streams.toReversed()) {
    nested(out, 1, () => {
      for (const entry of entries.toReversed()) nested(out, 2, () => writeEntry(out, entry))
      textField(out, 1, selector(labels))
    })
  }
  return out.take()
}
