/** Request bodies, compressed off the event loop when they are worth a thread's while. */
import { promisify } from 'node:util'
import { constants, deflate, deflateSync, gzip, gzipSync, zstdCompress, zstdCompressSync } from 'node:zlib'

export const compressions = ['gzip', 'zstd', 'zlib', 'deflate', 'none'] as const
export type Compression = (typeof compressions)[number]

/** Below this the copy to another thread costs more than the work. */
const SYNC_BYTES = 16 * 1024
/** gzip 1 is nine times as fast as gzip 6 on log JSON and 3 % larger. */
const GZIP = { level: 1 }
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

const gzipAsync = promisify<Uint8Array, { level: number }, Buffer>(gzip)
const deflateAsync = promisify<Uint8Array, { level: number }, Buffer>(deflate)
const zstdAsync = promisify<Uint8Array, object, Buffer>(zstdCompress)

export interface Encoded {
  readonly body: Uint8Array
  /** The `content-encoding` header's value, if there is one. */
  readonly encoding: string | undefined
}

export const compress = async (body: Uint8Array, compression: Compression): Promise<Encoded> => {
  const small = body.length < SYNC_BYTES
  switch (compression) {
    case 'gzip':
      return { body: small ? gzipSync(body, GZIP) : await gzipAsync(body, GZIP), encoding: 'gzip' }
    case 'zstd':
      return { body: small ? zstdCompressSync(body, ZSTD) : await zstdAsync(body, ZSTD), encoding: 'zstd' }
    // HTTP's "deflate" is the zlib format; both of the Collector's names mean it.
    case 'zlib':
    case 'deflate':
      return { body: small ? deflateSync(body, GZIP) : await deflateAsync(body, GZIP), encoding: 'deflate' }
    case 'none':
      return { body, encoding: undefined }
  }
  return compression satisfies never
}
