/** The span that people see. */
import type { Attributes, NestedDraft, SpanEvent, SpanLink, SpanRecord, SpanStatus, Value } from '../../types.ts'
import { span } from './span.ts'
import { EntriesView, NestedView, draftsOf } from './nested.ts'
import type { Node } from './node.ts'
import { RecordView } from './record-view.ts'

const { byName } = span

class EventView extends NestedView implements SpanEvent {
  get time(): bigint {
    return this.scalar('time_unix_nano') as bigint
  }
  get name(): string {
    return this.scalar('name') as string
  }
  get droppedAttributesCount(): number {
    return this.scalar('dropped_attributes_count') as number
  }
}

class LinkView extends NestedView implements SpanLink {
  get traceId(): string {
    return this.scalar('trace_id') as string
  }
  get spanId(): string {
    return this.scalar('span_id') as string
  }
  get traceState(): string {
    return this.scalar('trace_state') as string
  }
  get droppedAttributesCount(): number {
    return this.scalar('dropped_attributes_count') as number
  }
  get flags(): number {
    return this.scalar('flags') as number
  }
}

export class SpanView extends RecordView implements SpanRecord {
  #scalar(name: string): Value | undefined {
    return this.own.node.scalar(byName.get(name)!)
  }
  get traceId(): string {
    return this.#scalar('trace_id') as string
  }
  get spanId(): string {
    return this.#scalar('span_id') as string
  }
  get parentSpanId(): string {
    return this.#scalar('parent_span_id') as string
  }
  get traceState(): string {
    return this.#scalar('trace_state') as string
  }
  get name(): string {
    return this.#scalar('name') as string
  }
  get kind(): number {
    return this.#scalar('kind') as number
  }
  get startTime(): bigint {
    return this.#scalar('start_time_unix_nano') as bigint
  }
  get endTime(): bigint {
    return this.#scalar('end_time_unix_nano') as bigint
  }
  get attributes(): Attributes {
    return new EntriesView(this.own.node, 'attributes')
  }
  get droppedAttributesCount(): number {
    return this.#scalar('dropped_attributes_count') as number
  }
  get events(): readonly SpanEvent[] {
    return this.own.node.list(byName.get('events')!).map((node) => new EventView(node))
  }
  get droppedEventsCount(): number {
    return this.#scalar('dropped_events_count') as number
  }
  get links(): readonly SpanLink[] {
    return this.own.node.list(byName.get('links')!).map((node) => new LinkView(node))
  }
  get droppedLinksCount(): number {
    return this.#scalar('dropped_links_count') as number
  }
  get status(): SpanStatus {
    return this.own.get(['status']) as unknown as SpanStatus
  }
  get flags(): number {
    return this.#scalar('flags') as number
  }
  keep(): SpanRecord {
    return new SpanView(this.kept())
  }
}

export const eventDrafts = (node: Node): NestedDraft<SpanEvent>[] =>
  draftsOf(node, 'events', (one) => new EventView(one))
export const linkDrafts = (node: Node): NestedDraft<SpanLink>[] => draftsOf(node, 'links', (one) => new LinkView(one))
