import { threadId } from 'node:worker_threads'

export default (payload: unknown) => ({ square: Number(payload) ** 2, threadId })
