/**
 * What the pipelines of a configuration make of one event: it is sent through a copy of them whose receivers hand on what
 * they are given and whose exporters only remember. Says which exporters would get it, and which rule leaves it out.
 */
import type { CollectorConfig } from '../../config/types.ts'
import { decode } from '../../model/index.ts'
import { startRig } from '../config-test/rig.ts'

export interface Outcome {
  readonly receiver: string
  readonly exporters: readonly string[]
  /** `pipeline: rule`, for each rule that left it out. */
  readonly filtered: readonly string[]
}

/** Timers of batches and queues. */
const LATER_MS = 60_000

export const dryRun = async (config: CollectorConfig, envelope: string): Promise<readonly Outcome[]> => {
  const logs = config.pipelines.filter(({ signal }) => signal === 'logs')
  const rig = await startRig(config, undefined)
  try {
    const outcomes: Outcome[] = []
    for (const receiver of rig.receivers.filter((id) => logs.some(({ receivers }) => receivers.includes(id)))) {
      const before = rig.balance()
      rig.send(receiver, decode('logs', 'envelope', Buffer.from(`${envelope}\n`)))
      await rig.clock.advance(LATER_MS)
      const filtered = rig
        .balance()
        .flatMap(({ pipeline, filtered: rules }, i) =>
          Object.entries(rules).flatMap(([rule, n]) =>
            n > (before[i]?.filtered[rule] ?? 0) ? [`${pipeline}: ${rule}`] : [],
          ),
        )
      outcomes.push({ receiver, exporters: rig.exporters.filter((id) => rig.take(id).length > 0), filtered })
    }
    return outcomes
  } finally {
    await rig.stop()
  }
}
