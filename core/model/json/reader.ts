/**
 * Reading a record of a block, edited or not. Mapping `body`: the line is the body, all else stands beside it. Mapping
 * `envelope`: fields are read where routes.ts says; what has no short way is read from the record as values.
 */
import { plainFromEnvelope } from '../envelope/codec.ts'
import { severityNumber } from '../envelope/places.ts'
import { isHexId } from '../id.ts'
import { Field } from '../path.ts'
import type { AttributesField, Handle } from '../path.ts'
import { PlainReader } from '../plain/part.ts'
import { readPlain } from '../plain/read.ts'
import { entriesIn } from '../plain/record.ts'
import type { PlainLog } from '../plain/record.ts'
import { timeFromText } from '../time.ts'
import type { LogRecord, Origin, Value, ValueKind, ValueMap } from '../types.ts'
import { isMap, kindOf } from '../value.ts'
import { LogView } from '../view.ts'
import type { Reader } from '../view.ts'
import { noTape, ROW, ROW_OFFSET } from './block.ts'
import type { Block } from './block.ts'
import type { QuickEdits } from './quick-edits.ts'
import { bodySpot, routeOf } from './routes.ts'
import type { Route } from './routes.ts'
import type { Shape } from './shape.ts'
import { entryAt, kindIn, scalarIn, wholeTape } from './short-index.ts'
import { Spot } from './spot.ts'
import { kindInTape, readTape } from './tape.ts'

const WHOLE = new Spot([])

export class JsonReader implements Reader {
  readonly block: Block
  /** The edits of a draft. */
  readonly #edits: QuickEdits | undefined
  /** Taken when something of the line is asked for; what stands beside it needs none. */
  #tape = noTape
  #words = noTape.scanner.words
  #root = 0
  /** Where the line has a short index. */
  #shape: Shape | undefined
  row: number
  /** What stands beside the line; a draft's own copy once it is edited. */
  side: PlainLog
  /** The record as values, when something needed it. */
  #plain: PlainLog | undefined

  constructor(block: Block, row: number, edits?: QuickEdits) {
    this.block = block
    this.#edits = edits
    this.row = row
    this.side = block.side(row)
  }

  move(row: number): void {
    this.row = row
    this.side = this.block.side(row)
    this.#plain = undefined
    if (this.#tape.owner === this.block) this.#stand()
    else if (this.#edits !== undefined) this.#take()
    this.#edits?.open(this.#tape, row)
  }

  #take(): void {
    this.#tape = this.block.tape()
    this.#words = this.#tape.scanner.words
    this.#stand()
  }

  #stand(): void {
    this.#root = this.#tape.roots[this.row]!
    this.#shape = this.#tape.shapes[this.row]
  }

  /** It has no tape yet, or another block took it meanwhile. */
  #reload(): void {
    this.#take()
    this.#edits?.rebind(this.#tape, this.row)
  }

  /** Makes the tape ready to be used by the edits; forgets what an edit makes stale. */
  touch(): void {
    if (this.#tape.owner !== this.block) this.#reload()
    this.#plain = undefined
  }

  /** Whether keys with escapes or `$` are about: then an envelope is edited as values. */
  get isOdd(): boolean {
    return this.#shape === undefined && this.#tape.scanner.odd
  }

  /** What stands at these keys of the line's value. */
  json(spot: Spot): Value | undefined {
    if (this.#tape.owner !== this.block) this.#reload()
    if (this.#edits !== undefined) return this.#edits.get(spot)
    const { bytes } = this.block
    if (this.#shape !== undefined) {
      const entry = entryAt(this.#shape, spot)
      if (entry === undefined) return undefined
      if (entry.bracket === 0) return scalarIn(bytes, this.#words, this.#root, entry)
      return readTape(bytes, wholeTape(bytes, this.block.rows[this.row * ROW]!), 0, spot.keys, spot.tapeKeys, false)
    }
    return readTape(bytes, this.#words, this.#root, spot.keys, spot.tapeKeys, this.#tape.scanner.odd)
  }

  get(at: Handle): Value | undefined {
    if (this.block.mapping === 'envelope') return this.#envelope(routeOf(at), at)
    return at.field === Field.body ? this.json(bodySpot(at)) : readPlain(this.side, at)
  }

  /** In the body a container is told by its first byte; all else is as cheap to read. */
  kind(at: Handle): ValueKind | undefined {
    if (this.block.mapping === 'body' && at.field === Field.body) return this.#kind(bodySpot(at))
    const value = this.get(at)
    return value === undefined ? undefined : kindOf(value)
  }

  #kind(spot: Spot): ValueKind | undefined {
    if (this.#tape.owner !== this.block) this.#reload()
    if (this.#edits !== undefined) return this.#edits.kind(spot)
    const { bytes } = this.block
    if (this.#shape !== undefined) {
      const entry = entryAt(this.#shape, spot)
      return entry && kindIn(bytes, this.#words, this.#root, entry)
    }
    return kindInTape(bytes, this.#words, this.#root, spot.keys, spot.tapeKeys, this.#tape.scanner.odd)
  }

  #envelope(route: Route, at: Handle): Value | undefined {
    switch (route.kind) {
      case 'attribute':
        return this.#attribute(route)
      case 'body':
        return this.json(route.at)
      case 'text': {
        const text = this.json(route.at)
        return typeof text === 'string' ? text : ''
      }
      case 'id': {
        const id = this.json(route.at)
        return isHexId(id, route.digits) ? id : ''
      }
      case 'time': {
        const text = this.json(route.at)
        return typeof text === 'string' ? (timeFromText(text) ?? 0n) : 0n
      }
      case 'severity':
        if (this.json(route.other) !== undefined) break
        return severityNumber(this.json(route.at)) ?? 0
      case 'slow':
        break
    }
    return readPlain(this.plain(), at)
  }

  /** Whether a container can hold what stands in it: it is a map, or not there. */
  isHeld(container: Spot | undefined): boolean {
    if (!container) return true
    const value = this.json(container)
    return value === undefined || isMap(value)
  }

  #attribute(route: Extract<Route, { kind: 'attribute' }>): Value | undefined {
    const value = this.json(route.at)
    if (value !== undefined || !route.other) return value
    // An attribute that is there but has no such key inside hides one of the same name in `attributes`.
    if (route.at.keys.length > route.head.keys.length && this.json(route.head) !== undefined) return undefined
    return this.json(route.other.at)
  }

  /** The record as values, with its edits. */
  plain(): PlainLog {
    this.#plain ??= this.#makePlain()
    return this.#plain
  }

  #makePlain(): PlainLog {
    const value = this.json(WHOLE)
    const origin = this.origin()
    if (this.block.mapping === 'body') return { ...this.side, body: value, origin }
    const log = plainFromEnvelope(value as ValueMap)
    if (log.observedTime === 0n) log.observedTime = this.block.base.observedTime
    log.origin = origin
    return log
  }

  entries(field: AttributesField): Iterable<readonly [string, Value]> {
    return this.block.mapping === 'body' ? entriesIn(this.side, field) : entriesIn(this.plain(), field)
  }

  origin(): Origin | undefined {
    const { originKey, originOffset, rows } = this.block
    return originKey === undefined
      ? undefined
      : { key: originKey, offset: originOffset + rows[this.row * ROW + ROW_OFFSET]! }
  }

  keep(): LogRecord {
    const isEdited = this.#edits !== undefined && (this.#edits.changed || this.side !== this.block.side(this.row))
    if (isEdited) return new LogView(new PlainReader({ ...this.plain() }))
    return new LogView(new JsonReader(this.block.alone(this.row), 0))
  }
}
