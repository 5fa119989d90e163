/**
 * Bodies decompressed within a bound: a bomb costs `maxBytes` of memory and no more. Small ones on the spot, larger ones
 * on zlib's threads, so that nobody keeps the event loop.
 */
import { promisify } from 'node:util'
import {
  constants,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib'
import { CollectorError } from '../kit/errors.ts'

/** Content codings taken by those names; `deflate` and the OpenTelemetry Collector's `zlib` are the same format. */
export const decompressions = ['gzip', 'zstd', 'zlib', 'deflate'] as const
export type Decompression = (typeof decompressions)[number]

/** Bodies up to here are tried on the spot, as long as they do not grow beyond `SYNC_RESULT_BYTES`. */
const SYNC_BYTES = 32 * 1024
const SYNC_RESULT_BYTES = 512 * 1024
/** 8 MiB, the window every zstd decoder on the web has (RFC 9659); a frame of one segment needs one of its own size. */
const ZSTD_WINDOW_LOG = 23

type Options = { readonly maxOutputLength: number; readonly params?: Record<number, number> }
type Async = (body: Uint8Array, options: Options) => Promise<Buffer>
type Sync = (body: Uint8Array, options: Options) => Buffer

const gunzipAsync: Async = promisify<Uint8Array, Options, Buffer>(gunzip)
const inflateAsync: Async = promisify<Uint8Array, Options, Buffer>(inflate)
const inflateRawAsync: Async = promisify<Uint8Array, Options, Buffer>(inflateRaw)
const zstdAsync: Async = promisify<Uint8Array, Options, Buffer>(zstdDecompress)

type Codec = readonly [Sync, Async]

const codecs: Readonly<Record<Decompression, Codec>> = {
  gzip: [gunzipSync, gunzipAsync],
  zstd: [zstdDecompressSync, zstdAsync],
  zlib: [inflateSync, inflateAsync],
  deflate: [inflateSync, inflateAsync],
}
const rawDeflate: Codec = [inflateRawSync, inflateRawAsync]

const optionsOf = (encoding: Decompression, maxOutputLength: number, maxBytes: number): Options =>
  encoding === 'zstd'
    ? {
        maxOutputLength,
        params: {
          [constants.ZSTD_d_windowLogMax]: Math.min(27, Math.max(ZSTD_WINDOW_LOG, Math.ceil(Math.log2(maxBytes)))),
        },
      }
    : { maxOutputLength }

const isTooLarge = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'

const failure = (error: unknown, encoding: Decompression, maxBytes: number): CollectorError =>
  isTooLarge(error)
    ? new CollectorError('too_large', `the body is larger than ${maxBytes} bytes once it is decompressed`)
    : new CollectorError('invalid_data', `the body is no valid ${encoding}: ${(error as Error).message}`, {
        cause: error,
      })

/** Some clients send DEFLATE without its zlib header under HTTP's name `deflate`. */
const isRawDeflate = (encoding: Decompression, body: Uint8Array): boolean =>
  encoding === 'deflate' && body.length > 1 && ((body[0]! & 15) !== 8 || (body[0]! * 256 + body[1]!) % 31 !== 0)

/**
 * Answers at once where it can, else with a promise. Throws, or rejects with, `CollectorError` `too_large` or
 * `invalid_data`.
 */
export const decompress = (body: Uint8Array, encoding: Decompression, maxBytes: number): Buffer | Promise<Buffer> => {
  const [sync, async] = isRawDeflate(encoding, body) ? rawDeflate : codecs[encoding]
  try {
    if (body.length <= SYNC_BYTES) {
      const most = Math.min(maxBytes, SYNC_RESULT_BYTES)
      try {
        return sync(body, optionsOf(encoding, most, maxBytes))
      } catch (error) {
        if (!isTooLarge(error) || most === maxBytes) throw error
      }
    }
  } catch (error) {
    throw failure(error, encoding, maxBytes)
  }
  return async(body, optionsOf(encoding, maxBytes, maxBytes)).catch((error: unknown) => {
    throw failure(error, encoding, maxBytes)
  })
}
