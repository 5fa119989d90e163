/** Records, batches, values, ids. No I/O. */
export type * from './types.ts'
export { Double } from './double.ts'
