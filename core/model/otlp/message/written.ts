/** Bytes out of a writer that is reused; nothing stays behind in it when `write` throws. */
import { BackWriter } from '../writer.ts'

type Write = (w: BackWriter) => void

const shared = new BackWriter()

const run = (write: Write): BackWriter => {
  const writer = shared.mark === 0 ? shared : new BackWriter()
  try {
    write(writer)
    return writer
  } catch (error) {
    writer.rewind(0)
    throw error
  }
}

/** What `write` writes, in memory of its own. */
export const written = (write: Write): Uint8Array => run(write).take()

/** The same where the bytes are copied on before long: in Node's pool, which is quicker to get. */
export const scratch = (write: Write): Uint8Array => run(write).takePooled()
