/** Files of a queue and of dead letters, broken: opened, read to the end, each frame decoded or refused, and used on. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CollectorError, decode, systemClock } from 'seneca-collector'
import { decodeLetter, encodeLetter } from '../../core/engine/dead-letters.ts'
import { nodeDisk, openLog, readWaiting, summarize, type DiskLog, type Frame } from '../../core/storage/index.ts'
import { defineFuzzer } from './fuzzer.ts'
import { batchOf, envelopes } from './samples.ts'

const ENTRIES = 40
const READS_MOST = 1_000

const open = (folder: string): Promise<DiskLog> =>
  openLog({
    folder,
    disk: nodeDisk,
    clock: systemClock,
    sync: 'none',
    segmentBytes: 16 * 1024,
    events: { trouble: () => {}, ailing: () => {}, lost: () => {}, freed: () => {} },
  })

const batch = batchOf(envelopes)
const head = {
  reason: 'no',
  code: 'rejected',
  attempts: 1,
  component: 'exporter/x',
  pipeline: 'logs',
  generation: 1,
  time: '2026-11-23T09:00:00Z',
}
const batchPayload = (): readonly Uint8Array[] => batch.encode('stored')
const letterPayload = (): readonly Uint8Array[] => encodeLetter(head, batch)

const fill = async (folder: string, payload: () => readonly Uint8Array[]): Promise<void> => {
  const log = await open(folder)
  for (let n = 0; n < ENTRIES; n++) await log.append({ meta: 'logs', records: batch.count, payload: payload() })
  for (const frame of (await log.read()).slice(0, 5)) log.done(frame.seq)
  await log.settled()
  await log.close()
}

const understood = (read: () => unknown): boolean => {
  try {
    read()
    return true
  } catch (error) {
    assert.ok(error instanceof CollectorError && error.code === 'invalid_data', String((error as Error).stack))
    return false
  }
}

const drain = async (log: DiskLog, take: (frame: Frame) => void): Promise<number> => {
  let frames = 0
  for (let n = 0; n < READS_MOST; n++) {
    const read = await log.read()
    if (read.length === 0) return frames
    frames += read.length
    for (const frame of read) {
      take(frame)
      log.done(frame.seq)
    }
  }
  throw new Error('reading has no end')
}

export default defineFuzzer({
  name: 'queue-files',
  promise: 'files of queues and dead letters damaged anywhere are read as far as they can be, and used on',
  rounds: 40,
  async open(folder) {
    await fill(join(folder, 'queue'), batchPayload)
    await fill(join(folder, 'letters'), letterPayload)
    return {
      async round(dice) {
        const kind = dice.pick(['queue', 'letters'] as const)
        const round = join(folder, 'round')
        mkdirSync(round)
        cpSync(join(folder, kind), round, { recursive: true })
        const files = readdirSync(round).filter((name) => name !== 'lock')
        for (let n = 1 + dice.int(2); n > 0; n--) {
          const path = join(round, dice.pick(files))
          writeFileSync(path, dice.broken(readFileSync(path)))
        }
        if (dice.chance(0.1)) rmSync(join(round, dice.pick(files)))
        const read = ({ meta, payload }: Frame): boolean =>
          understood(() =>
            kind === 'queue' ? decode('logs', 'stored', payload) : decodeLetter({ meta, payload } as Frame),
          )
        await summarize(nodeDisk, round)
        for await (const frame of readWaiting(nodeDisk, round)) read(frame)
        const log = await open(round)
        const frames = await drain(log, read)
        assert.ok(frames <= ENTRIES, `${frames} frames of ${ENTRIES}`)
        await log.append({ meta: 'logs', records: 1, payload: [Buffer.from('good')] })
        let last = ''
        await drain(log, ({ payload }) => (last = payload.toString()))
        assert.equal(last, 'good')
        await log.settled()
        await log.close()
        rmSync(round, { recursive: true, force: true })
        assert.ok(understood(() => decode('logs', 'stored', Buffer.concat(batch.encode('stored')))))
        // Frames whose checksum holds and whose content does not.
        understood(() => decode('logs', 'stored', dice.broken(Buffer.concat(batchPayload()))))
        understood(() => decodeLetter({ meta: 'logs', payload: dice.broken(Buffer.concat(letterPayload())) } as Frame))
      },
    }
  },
})
