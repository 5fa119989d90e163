/** A log as its tests open, fill and empty it. */
import { fakeClock } from '../../kit/testing/fake-clock.ts'
import type { Disk } from '../log/disk.ts'
import { openLog, type DiskLog, type LogOptions } from '../log/log.ts'
import type { FakeDisk } from './fake-disk.ts'

const folder = '/q'
export interface Opened {
  readonly log: DiskLog
  readonly told: string[]
  readonly lost: number[]
}
export const open = async (disk: Disk, options: Partial<LogOptions> = {}): Promise<Opened> => {
  const told: string[] = []
  const lost: number[] = []
  const log = await openLog({
    folder,
    disk,
    clock: fakeClock(),
    sync: 'commit',
    events: {
      trouble: (what, error) => void told.push(`${what}: ${error.message}`),
      ailing: (what, error) => void (error && told.push(`${what}: ${error.message}`)),
      lost: (_meta, missing) => void lost.push(missing.records),
      freed: () => {},
    },
    ...options,
  })
  return { log, told, lost }
}
export const put = (log: DiskLog, text: string): Promise<void> =>
  log.append({ meta: 'logs', records: 1, payload: [Buffer.from(text)] })
/** Everything that waits, marked done unless told otherwise. */
export const drain = async (log: DiskLog, keep = false): Promise<string[]> => {
  const texts: string[] = []
  for (let frames = await log.read(); frames.length > 0; frames = await log.read()) {
    for (const { seq, payload } of frames) {
      texts.push(payload.toString())
      if (!keep) log.done(seq)
    }
  }
  return texts
}
export const segments = (disk: FakeDisk): string[] => disk.names().filter((name) => name.endsWith('.log'))
export const numbered = (n: number): string[] => Array.from({ length: n }, (_, i) => `entry ${i} ${'x'.repeat(i % 50)}`)
