/** Bytes out of a writer that is reused. */
import { BackWriter } from '../writer.ts'

const shared = new BackWriter()

/** What `write` writes; nothing stays behind when it throws. */
export const written = (write: (w: BackWriter) => void): Uint8Array => {
  const writer = shared.mark === 0 ? shared : new BackWriter()
  try {
    write(writer)
    return writer.take()
  } catch (error) {
    writer.rewind(0)
    throw error
  }
}
