/** Spans and metrics in the protobuf layout: the same machinery over two descriptions. */
import type { Cursor, Editor } from '../../part.ts'
import type { DraftOf, MetricDraft, NestedDraft, Path, RecordOf, Signal, SpanDraft, Value } from '../../types.ts'
import type { DataPoint, SpanEvent, SpanLink } from '../../types.ts'
import { ROW, ROW_GROUP } from '../block.ts'
import { BlockBuilder } from '../block-builder.ts'
import type { OtlpCodec, OtlpPart } from '../part.ts'
import { ProtoReader } from '../read.ts'
import { checkMessage } from './check.ts'
import { fieldAt } from './describe.ts'
import type { Message } from './describe.ts'
import { metric, pointsField } from './metric.ts'
import { MetricView, pointDrafts } from './metric-view.ts'
import { MessageRecord } from './record.ts'
import { span } from './span.ts'
import { eventDrafts, linkDrafts, SpanView } from './span-view.ts'
import { scratch } from './written.ts'

class MessageDraft<R> {
  readonly own: MessageRecord
  readonly record: R
  dropped = false

  constructor(own: MessageRecord, record: R) {
    this.own = own
    this.record = record
  }
  set(path: Path, value: Value): void {
    this.own.set(path, value)
  }
  delete(path: Path): void {
    this.own.delete(path)
  }
  drop(): void {
    this.dropped = true
  }
}

class SpanMessageDraft extends MessageDraft<SpanView> implements SpanDraft {
  get events(): readonly NestedDraft<SpanEvent>[] {
    return eventDrafts(this.own.node)
  }
  get links(): readonly NestedDraft<SpanLink>[] {
    return linkDrafts(this.own.node)
  }
}

class MetricMessageDraft extends MessageDraft<MetricView> implements MetricDraft {
  get dataPoints(): readonly NestedDraft<DataPoint>[] {
    return pointDrafts(this.own.node)
  }
}

/** Copies rows that did not change; a record whose resource or scope changed moves to a group of its own kind. */
const createEditor = <S extends Signal>(
  part: OtlpPart<S>,
  own: MessageRecord,
  draft: DraftOf[S] & MessageDraft<unknown>,
): Editor<S> => {
  const block = new BlockBuilder(part)
  const groups = new Map<string, number>()
  const groupOf = (): number => {
    const from = part.block.rows[own.row * ROW + ROW_GROUP]!
    if (!own.groupChanged) return from
    const [resource, scope] = [own.resource.bytes(), own.scope.bytes()]
    const name = `${Buffer.from(resource).toString('latin1')}\n${resource.length}\n${Buffer.from(scope).toString('latin1')}`
    let to = groups.get(name)
    if (to === undefined) {
      to = block.addGroup(resource, scope)
      groups.set(name, to)
    }
    return to
  }
  return {
    draft,
    open(index) {
      draft.dropped = false
      own.move(part.row(index))
    },
    close() {
      if (draft.dropped) block.drop()
      else if (!own.changed) block.copy(own.row)
      else {
        const bytes = scratch((w) => {
          own.node.write(w)
          w.varint(w.mark)
          w.varint(RECORD_TAG)
        })
        block.replace(own.row, bytes, groupOf())
      }
    },
    finish: () => block.finish(),
  }
}

/** Field 2 of ScopeSpans and ScopeMetrics. */
const RECORD_TAG = 18

interface Shape<S extends Signal> {
  readonly message: Message
  readonly view: (own: MessageRecord) => RecordOf[S]
  readonly draft: (own: MessageRecord) => DraftOf[S] & MessageDraft<unknown>
  readonly points: OtlpCodec<S>['points']
}

const codecOf = <S extends 'metrics' | 'traces'>(signal: S, { message, view, draft, points }: Shape<S>): OtlpCodec<S> =>
  ({
    signal,
    points,
    plain: undefined,
    check: (r: ProtoReader) => checkMessage(r, message),
    view: (block, row) => view(new MessageRecord(block, message, row)),
    cursor(part): Cursor<S> {
      const own = new MessageRecord(part.block, message, part.row(0))
      return { record: view(own), move: (index) => own.move(part.row(index)) }
    },
    editor(part) {
      const own = new MessageRecord(part.block, message, part.row(0))
      return createEditor(part, own, draft(own))
    },
  }) as OtlpCodec<S>

/** Points of the data that count; those before them on the wire, in another member of the choice, do not. */
const countPoints = (bytes: Uint8Array, start: number, end: number): number => {
  const r = new ProtoReader(bytes, start, end)
  let count = 0
  let of = 0
  while (r.at < r.end) {
    const tag = r.varint()
    const field = fieldAt(metric, tag)
    if (!field?.isChoice) {
      r.skip(tag)
      continue
    }
    if (of !== tag) count = 0
    of = tag
    const wanted = pointsField(field.message!).tag
    const outer = r.enter()
    while (r.at < r.end) {
      const inner = r.varint()
      if (inner === wanted) count++
      r.skip(inner)
    }
    r.leave(outer)
  }
  return count
}

export const spanCodec = codecOf('traces', {
  message: span,
  view: (own) => new SpanView(own),
  draft: (own) => new SpanMessageDraft(own, new SpanView(own)),
  points: undefined,
})

export const metricCodec = codecOf('metrics', {
  message: metric,
  view: (own) => new MetricView(own),
  draft: (own) => new MetricMessageDraft(own, new MetricView(own)),
  points: countPoints,
})
