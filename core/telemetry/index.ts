/** The collector's own log and metrics. */
export { createLogger } from './logger.ts'
