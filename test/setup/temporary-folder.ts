/** One temporary folder for the whole run, for all processes that the tests start too; gone when the run ends. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** vitest's global set-up. */
export default (): (() => void) => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-tests-'))
  // A server that never runs as root runs as somebody else, who passes through here to a folder of its own.
  chmodSync(folder, 0o711)
  process.env['TMPDIR'] = folder
  // A process that was told to end may still write.
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
