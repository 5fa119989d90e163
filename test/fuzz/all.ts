import configuration from './configuration.ts'
import controlRequests from './control-requests.ts'
import decoding from './decoding.ts'
import eventStore from './event-store.ts'
import type { Fuzzer } from './fuzzer.ts'
import http2Frames from './http2-frames.ts'
import httpRequests from './http-requests.ts'
import lines from './lines.ts'
import marcusFiles from './marcus-files.ts'
import mcpAnswers from './mcp-answers.ts'
import queueFiles from './queue-files.ts'
import remoteAnswers from './remote-answers.ts'
import serverAnswers from './server-answers.ts'
import stateDatabase from './state-database.ts'
import websocketFrames from './websocket-frames.ts'

export const fuzzers: readonly Fuzzer[] = [
  configuration,
  lines,
  decoding,
  stateDatabase,
  eventStore,
  queueFiles,
  marcusFiles,
  httpRequests,
  http2Frames,
  websocketFrames,
  controlRequests,
  remoteAnswers,
  mcpAnswers,
  serverAnswers,
]
