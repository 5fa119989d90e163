/** Batches as the bytes that go into the file. */
import { promisify } from 'node:util'
import { gzip, constants, zstdCompress } from 'node:zlib'
import type { Batch, EncodeFormat } from 'seneca-collector'
import type { Options } from './options.ts'

type Encode = (batch: Batch) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>

const gzipAsync = promisify(gzip)
const zstdAsync = promisify(zstdCompress)

export const formatOf = (format: Options['format']): EncodeFormat =>
  format === 'json' ? 'otlp_json' : format === 'proto' ? 'otlp_proto' : format

export const sizeOf = (pieces: readonly Uint8Array[]): number => {
  let size = 0
  for (const piece of pieces) size += piece.length
  return size
}

/** OTLP messages have no end of their own: each follows its length in four bytes, as the OpenTelemetry Collector has it. */
const framed = (pieces: readonly Uint8Array[]): Uint8Array[] => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(sizeOf(pieces))
  return [length, ...pieces]
}

export const createEncode = (options: Options): Encode => {
  const format = formatOf(options.format)
  const plain = (batch: Batch): readonly Uint8Array[] =>
    format === 'otlp_proto' ? framed(batch.encode(format)) : batch.encode(format)
  if (options.compression === 'gzip') {
    return async (batch) => [await gzipAsync(Buffer.concat(plain(batch)), { level: 1 })]
  }
  if (options.compression === 'zstd') {
    const params = { [constants.ZSTD_c_compressionLevel]: 1 }
    return async (batch) => [await zstdAsync(Buffer.concat(plain(batch)), { params })]
  }
  return plain
}
