/** What is unusual about the volume of a series. */
export interface VolumeFinding {
  readonly kind: 'volume_spike' | 'volume_gap'
  readonly ended: boolean
  /** When it began, and when it was seen; for an end, when it ended. Milliseconds since the epoch. */
  readonly start: number
  readonly at: number
  readonly observed: number
  readonly expected: number
  /** −log10 p of a spike; the events missed in a gap. */
  readonly score: number
}
