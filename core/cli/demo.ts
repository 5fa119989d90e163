/**
 * `demo`: a recorded day of a real Marcus, replayed through the real collector, with no Marcus and no broker. The replay
 * writes Marcus's files, databases and processes and answers MCP; the collector is the one `run` starts, on a clock that
 * runs as fast as the replay. Everything lies below `<data directory>/demo` and is made anew each time.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { controlHandlers, dataDirectoryOf, startControl } from '../control/index.ts'
import { createCollector } from '../engine/index.ts'
import type { Collector } from '../engine/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { LogBatch } from '../model/types.ts'
import { bundledRecording, prepareReplay, openRecording, scaledClock } from '../replay/index.ts'
import { exitCode } from './exit-codes.ts'
import { dataDirOption, defineVerb, type Io } from './verb.ts'
import { loadBundled } from './load.ts'
import { packageFolder, version } from './version.ts'

export const verb = {} as never
