/** The thread that watches volume and order: puts events in order of their own time and runs the detectors on them. */
import { deserialize, serialize } from 'node:v8'
import {
  createReorder,
  createSequence,
  createVolume,
  createVolumeBands,
  type Columns,
  type LevelChange,
  type LifeCycle,
  type ReorderState,
  type SequenceEvent,
  type SequenceState,
  type Violation,
  type VolumeBandsState,
  type VolumeFinding,
  type VolumeState,
} from 'seneca-collector/analysis'
import { matchPattern } from 'seneca-collector/events'

export interface AnomalyInit {
  readonly latenessMs: number
  readonly volume: boolean
  readonly volumeLevel: boolean
  readonly sequence: (LifeCycle & { readonly waitMs: number }) | undefined
  /** Patterns of types that the bands and the volume do not count. */
  readonly uncounted: readonly string[]
}

export type AnomalyFinding =
  | ({ readonly what: 'level' } & LevelChange)
  | ({ readonly what: 'volume' } & VolumeFinding)
  | ({ readonly what: 'sequence' } & Violation)

interface State {
  readonly reorder: ReorderState<Row>
  readonly bands: VolumeBandsState
  readonly volume: VolumeState
  readonly sequence: SequenceState | undefined
}

interface Row extends SequenceEvent {
  readonly agent: string
  readonly by: string
}

const NOBODY: LifeCycle = { opens: [], grants: [], needs: [] }
/** Who closes a card without having been given it. */
const TYPES_REMEMBERED_MAX = 1000
const CLOSED_BY_MARCUS = new Set(['marcus', 'subtasks'])

export default (init: { readonly options: AnomalyInit; readonly state?: Uint8Array }) => {
  const { options } = init
  const restored = init.state ? (deserialize(init.state) as State) : undefined
  const reorder = createReorder<Row>(options.latenessMs, restored?.reorder)
  const bands = createVolumeBands(restored?.bands)
  const volume = createVolume(restored?.volume)
  const sequence = createSequence(options.sequence ?? NOBODY, options.sequence?.waitMs ?? 0, restored?.sequence)
  const counted = new Map<string, boolean>()
  const counts = (type: string): boolean => {
    let known = counted.get(type)
    if (known === undefined) {
      known = !options.uncounted.some((pattern) => matchPattern(pattern, type))
      if (counted.size < TYPES_REMEMBERED_MAX) counted.set(type, known)
    }
    return known
  }

  const levels = (changes: readonly LevelChange[]): AnomalyFinding[] =>
    options.volumeLevel ? changes.map((change) => ({ what: 'level', ...change })) : []
  const volumes = (findings: readonly VolumeFinding[]): AnomalyFinding[] =>
    options.volume ? findings.map((finding) => ({ what: 'volume', ...finding })) : []
  const violations = (found: readonly Violation[]): AnomalyFinding[] =>
    found.map((violation) => ({ what: 'sequence', ...violation }))

  const take = (row: Row): AnomalyFinding[] => {
    if (row.agent !== '') bands.agent(row.agent, row.type !== 'agent.deregistered')
    const amount = counts(row.type) ? [...levels(bands.observe(row.time)), ...volumes(volume.observe(row.time))] : []
    const order = row.key !== '' && !CLOSED_BY_MARCUS.has(row.by) ? violations(sequence.observe(row)) : []
    return [...amount, ...order]
  }

  return {
    observe: (columns: Columns): AnomalyFinding[] =>
      columns.times.flatMap((time, k) =>
        reorder
          .push({
            time,
            id: columns.ids[k]!,
            type: columns.types[k]!,
            key: columns.tasks[k]!,
            agent: columns.agents[k]!,
            by: columns.by[k]!,
          })
          .flatMap(take),
      ),
    /** No events came up to `time`, less the lateness in which some may still come. */
    advance: ({ time }: { readonly time: number }): AnomalyFinding[] => {
      const until = time - options.latenessMs
      if (!(until > reorder.watermark)) return []
      return [
        ...levels(bands.advance(until)),
        ...volumes(volume.advance(until)),
        ...violations(sequence.advance(until)),
      ]
    },
    flush: (): AnomalyFinding[] => [...reorder.flush().flatMap(take), ...violations(sequence.flush())],
    snapshot: (): Uint8Array =>
      serialize({
        reorder: reorder.snapshot(),
        bands: bands.snapshot(),
        volume: volume.snapshot(),
        sequence: sequence.snapshot(),
      } satisfies State),
  }
}
