/**
 * A draft over a line. Edits go to the tape where the path has a short way; anything else turns the record into values
 * (`plain`), which is slower and right, and stays so for this record.
 */
import { severityName, severityNumber, isSeverityNamed } from '../envelope/places.ts'
import { isHexId } from '../id.ts'
import { Field, handleOf } from '../path.ts'
import { deletePlain, setPlain } from '../plain/edit.ts'
import { asTime } from '../plain/fields.ts'
import { readPlain } from '../plain/read.ts'
import type { PlainLog } from '../plain/record.ts'
import { timeFromText, timeToText } from '../time.ts'
import type { Draft, LogRecord, Path, Value } from '../types.ts'
import { isMap } from '../value.ts'
import { LogView } from '../view.ts'
import type { Block } from './block.ts'
import { QuickEdits } from './quick-edits.ts'
import { JsonReader } from './reader.ts'
import { bodySpot, routeOf } from './routes.ts'
import type { Route } from './routes.ts'
import type { Spot } from './spot.ts'
import { SwitchReader } from '../plain/switch-reader.ts'

export class JsonDraft implements Draft {
  readonly #block: Block
  readonly edits: QuickEdits
  readonly reader: JsonReader
  readonly #switch: SwitchReader
  readonly record: LogRecord
  dropped = false
  #sideOwned = false

  constructor(block: Block) {
    this.#block = block
    this.edits = new QuickEdits(block, block.tape())
    this.reader = new JsonReader(block, 0, this.edits)
    this.#switch = new SwitchReader(this.reader)
    this.record = new LogView(this.#switch)
  }

  /** The record as values once an edit needed that. */
  get plain(): PlainLog | undefined {
    return this.#switch.plain
  }
  get changed(): boolean {
    return this.edits.changed || this.#sideOwned || this.#switch.plain !== undefined
  }

  open(row: number): void {
    this.reader.move(row)
    this.#switch.plain = undefined
    this.dropped = this.#sideOwned = false
  }

  drop(): void {
    this.dropped = true
  }

  set(path: Path, value: Value): void {
    const at = handleOf(path)
    if (this.#switch.plain) return setPlain(this.#switch.plain, at, value)
    this.reader.touch()
    if (this.#block.mapping === 'envelope') {
      if (this.reader.isOdd || !this.#setEnvelope(routeOf(at), value)) setPlain(this.#turnPlain(), at, value)
    } else if (at.field === Field.body) this.edits.set(bodySpot(at), value)
    else setPlain(this.#ownSide(), at, value)
  }

  delete(path: Path): void {
    const at = handleOf(path)
    if (this.#switch.plain) return deletePlain(this.#switch.plain, at)
    this.reader.touch()
    if (this.#block.mapping === 'envelope') {
      const isDone = !this.reader.isOdd && this.#deleteEnvelope(routeOf(at))
      if (!isDone && readPlain(this.reader.plain(), at) !== undefined) deletePlain(this.#turnPlain(), at)
    } else if (at.field === Field.body) {
      if (at.rest.length > 0) this.edits.delete(bodySpot(at))
      else deletePlain(this.#turnPlain(), at)
    } else if (readPlain(this.reader.side, at) !== undefined) deletePlain(this.#ownSide(), at)
  }

  #turnPlain(): PlainLog {
    const plain = { ...this.reader.plain() }
    this.#switch.plain = plain
    return plain
  }

  #ownSide(): PlainLog {
    if (!this.#sideOwned) this.reader.side = { ...this.reader.side }
    this.#sideOwned = true
    return this.reader.side
  }

  #read(spot: Spot): Value | undefined {
    return this.reader.json(spot)
  }

  /** False when the path has no short way for this value in this record. */
  #setEnvelope(route: Route, value: Value): boolean {
    switch (route.kind) {
      case 'attribute':
        return this.#setAttribute(route, value)
      case 'body':
        this.edits.set(route.at, value)
        return true
      case 'text':
        return (
          typeof value === 'string' &&
          value !== '' &&
          this.#setMember(route.at, value, (old) => typeof old === 'string')
        )
      case 'id':
        return isHexId(value, route.digits) && this.#setMember(route.at, value, (old) => isHexId(old, route.digits))
      case 'time': {
        const time = asTime(String(route.at.keys[0]), value)
        return time !== 0n && this.#setMember(route.at, timeToText(time), isTime)
      }
      case 'severity': {
        if (typeof value !== 'number' || !isSeverityNamed(value) || this.#read(route.other) !== undefined) return false
        const metadata = this.#read(route.container)
        if (metadata !== undefined && !isMap(metadata)) return false
        return this.#setMember(route.at, severityName(value), (old) => severityNumber(old) !== undefined)
      }
      default:
        return false
    }
  }

  /** Sets a member unless it holds what is not its own: that is an attribute and must not be lost. */
  #setMember(spot: Spot, value: Value, isOwn: (old: Value) => boolean): boolean {
    const old = this.#read(spot)
    if (old !== undefined && !isOwn(old)) return false
    this.edits.set(spot, value)
    return true
  }

  #setAttribute(route: Extract<Route, { kind: 'attribute' }>, value: Value): boolean {
    if (!this.reader.isHeld(route.container)) return false
    const { other } = route
    if (other && this.#read(other.head) !== undefined) {
      if (route.at.keys.length > route.head.keys.length) return false
      this.edits.delete(other.head)
    }
    this.edits.set(route.at, value)
    return true
  }

  #deleteEnvelope(route: Route): boolean {
    switch (route.kind) {
      case 'attribute': {
        const isWhole = route.at.keys.length === route.head.keys.length
        const { other } = route
        if (isWhole || this.#read(route.head) !== undefined) {
          this.edits.delete(route.at)
          if (!isWhole) return true
        }
        if (other) this.edits.delete(other.at)
        return true
      }
      case 'body':
        this.edits.delete(route.at)
        return true
      default:
        return false
    }
  }
}

const isTime = (old: Value): boolean => typeof old === 'string' && timeFromText(old) !== undefined
