/** The structural check of a message by its description: every length, wire type, id and text, without making a value. */
import { checkEntry, checkId, checkText } from '../check.ts'
import type { ProtoReader } from '../read.ts'
import { fieldAt, Kind } from './describe.ts'
import type { Message, MessageField } from './describe.ts'

/** A message that is open. Throws `CollectorError('invalid_data')` with the offset. */
export const checkMessage = (r: ProtoReader, message: Message): void => {
  while (r.at < r.end) {
    const tag = r.varint()
    const field = fieldAt(message, tag)
    if (field === undefined) r.skip(tag)
    else checkField(r, tag, field)
  }
}

const checkField = (r: ProtoReader, tag: number, field: MessageField): void => {
  switch (field.kind) {
    case Kind.text:
      checkText(r)
      return
    case Kind.traceId:
      checkId(r, 16)
      return
    case Kind.spanId:
      checkId(r, 8)
      return
    case Kind.entries:
      checkEntry(r, 0)
      return
    case Kind.message:
    case Kind.messages: {
      const outer = r.enter()
      checkMessage(r, field.message!)
      r.leave(outer)
      return
    }
    case Kind.fixedCounts:
    case Kind.doubles:
    case Kind.counts:
      checkPacked(r, tag, field)
      return
    default:
      r.skip(tag)
  }
}

const checkPacked = (r: ProtoReader, tag: number, field: MessageField): void => {
  if (tag === field.alternative) {
    r.skip(tag)
    return
  }
  const outer = r.enter()
  if (field.kind === Kind.counts) while (r.at < r.end) r.skipVarint()
  else if ((r.end - r.at) % 8 !== 0) r.fail(`${r.end - r.at} bytes are no run of 8-byte numbers`)
  r.leave(outer)
}
