/** The ids that sit in the dead letters of a stopped collector. */
import { join } from 'node:path'
import { decodeLetter } from '../engine/dead-letters.ts'
import type { LogRecord } from '../model/types.ts'
import { listStores, nodeDisk, readWaiting } from '../storage/index.ts'

export async function* deadIds(folder: string): AsyncGenerator<string> {
  for (const store of listStores([join(folder, 'storage')])) {
    if (store.kind !== 'dead_letters') continue
    for await (const frame of readWaiting(nodeDisk, store.folder))
      for (const record of decodeLetter(frame).batch) {
        const id = (record as LogRecord).attributes.get('log.record.uid')
        if (typeof id === 'string') yield id
      }
  }
}
