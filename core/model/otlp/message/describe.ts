/**
 * OTLP messages as data: which fields a message has, what each holds, and under which tags it stands on the wire. The
 * check, the readers, the writers and OTLP/JSON all go by these tables, so a field is told once.
 */

/** What a field holds. Numbers, because every step over a field switches on them. */
export const Kind = {
  text: 0,
  traceId: 1,
  spanId: 2,
  /** fixed64, nanoseconds since the epoch; always a bigint. */
  time: 3,
  /** fixed64. */
  count: 4,
  uint32: 5,
  fixed32: 6,
  enum: 7,
  sint32: 8,
  bool: 9,
  double: 10,
  /** A double that knows whether it is there. */
  optionalDouble: 11,
  /** `as_double` or `as_int`, whichever came last. */
  number: 12,
  /** Repeated fixed64. */
  fixedCounts: 13,
  /** Repeated uint64. */
  counts: 14,
  doubles: 15,
  /** KeyValue*. */
  entries: 16,
  message: 17,
  messages: 18,
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** Wire types: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
const wireOf: Readonly<Record<Kind, number>> = {
  [Kind.text]: 2,
  [Kind.traceId]: 2,
  [Kind.spanId]: 2,
  [Kind.time]: 1,
  [Kind.count]: 1,
  [Kind.uint32]: 0,
  [Kind.fixed32]: 5,
  [Kind.enum]: 0,
  [Kind.sint32]: 0,
  [Kind.bool]: 0,
  [Kind.double]: 1,
  [Kind.optionalDouble]: 1,
  [Kind.number]: 1,
  [Kind.fixedCounts]: 2,
  [Kind.counts]: 2,
  [Kind.doubles]: 2,
  [Kind.entries]: 2,
  [Kind.message]: 2,
  [Kind.messages]: 2,
}

export interface MessageField {
  /** As in OTTL and in the .proto files. */
  readonly name: string
  /** As in OTLP/JSON. */
  readonly json: string
  /** As in the objects plugins give: the JSON name without `UnixNano`. */
  readonly init: string
  readonly kind: Kind
  readonly number: number
  readonly tag: number
  /** The other tag of the same field: `as_int` beside `as_double`, a repeated number not packed. 0 = none. */
  readonly alternative: number
  /** The message inside, of `message` and `messages`. */
  readonly message: Message | undefined
  /** The names of an enum's numbers from 0 on, as OTLP/JSON accepts them. */
  readonly names: readonly string[]
  /** One of several of which the last on the wire counts; it has no path of its own, its fields do. */
  readonly isChoice: boolean
}

export interface Message {
  /** With its article, for errors: `a span`. */
  readonly name: string
  /** In the order of their numbers. */
  readonly fields: readonly MessageField[]
  readonly byTag: readonly (MessageField | undefined)[]
  /** The fields that have a path. */
  readonly byName: ReadonlyMap<string, MessageField>
  readonly choices: readonly MessageField[]
  /** Names that this message or one that may stand in its place has. */
  readonly known: ReadonlySet<string>
}

export interface FieldOptions {
  readonly alternative?: number
  readonly message?: Message
  readonly names?: readonly string[]
  readonly isChoice?: boolean
}

const camel = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

export const field = (number: number, name: string, kind: Kind, options: FieldOptions = {}): MessageField => ({
  name,
  json: camel(name),
  init: camel(name.replace(/_unix_nano$/, '')),
  kind,
  number,
  tag: number * 8 + wireOf[kind],
  alternative: options.alternative ?? 0,
  message: options.message,
  names: options.names ?? [],
  isChoice: options.isChoice ?? false,
})

/** A repeated number, which old writers do not pack. */
export const packed = (number: number, name: string, kind: Kind): MessageField =>
  field(number, name, kind, { alternative: number * 8 + (kind === Kind.counts ? 0 : 1) })

/** `as_double` and `as_int` (sfixed64) as one field. */
export const numeric = (asDouble: number, asInt: number): MessageField =>
  field(asDouble, 'value', Kind.number, { alternative: asInt * 8 + 1 })

/** `siblings`: names of fields that other messages in the same place have, and this one has not. */
export const describe = (name: string, fields: readonly MessageField[], siblings: Iterable<string> = []): Message => {
  const choices = fields.filter(({ isChoice }) => isChoice)
  const named = fields.filter(({ isChoice }) => !isChoice)
  const size = Math.max(...fields.flatMap(({ tag, alternative }) => [tag, alternative])) + 1
  const byTag: (MessageField | undefined)[] = Array.from({ length: size })
  for (const one of fields) {
    byTag[one.tag] = one
    if (one.alternative !== 0) byTag[one.alternative] = one
  }
  return {
    name,
    fields: fields.toSorted((a, b) => a.number - b.number),
    byTag,
    byName: new Map(named.map((one) => [one.name, one])),
    choices,
    known: new Set([...named.map((one) => one.name), ...siblings]),
  }
}

/** The field under a tag. */
export const fieldAt = (message: Message, tag: number): MessageField | undefined =>
  tag < message.byTag.length ? message.byTag[tag] : undefined

/** All names that paths into a message and the messages inside it may begin with. */
export const namesIn = (message: Message): ReadonlySet<string> =>
  new Set([...message.known, ...message.fields.flatMap((one) => (one.message ? [...namesIn(one.message)] : []))])
