import { describe, expect, it } from 'vitest'
import { tapAcks } from './ack-tap.ts'

/** A client that keeps what reaches its own parser. */
const client = () => {
  const left: string[] = []
  const protocol = { parser: { state: 0, parse: (chunk: Uint8Array) => void left.push(Buffer.from(chunk).toString()) } }
  return { protocol, left }
}

const read = (chunks: readonly Buffer[]): { readonly acks: unknown[]; readonly left: string } => {
  const connection = client()
  const acks: unknown[] = []
  tapAcks(connection, '_INBOX.x', (flight, index, bytes, start, end) =>
    acks.push([flight, index, bytes.toString('latin1', start, end)]),
  )
  for (const chunk of chunks) connection.protocol.parser.parse(chunk)
  return { acks, left: connection.left.join('') }
}

describe('the tap of acknowledgements', () => {
  // Older servers write two blanks before the size.
  const frames = Buffer.from('MSG _INBOX.x.0.12 3 5\r\nabcde\r\nMSG _INBOX.x.71.0 3  2\r\n{}\r\n')
  const acks = [
    [0, 12, 'abcde'],
    [71, 0, '{}'],
  ]

  it('reads whole frames, wherever the bytes are cut', () => {
    for (let cut = 0; cut <= frames.length; cut++)
      expect(read([frames.subarray(0, cut), frames.subarray(cut)])).toEqual({ acks, left: '' })
    expect(read(Array.from(frames, (byte) => Buffer.of(byte)))).toEqual({ acks, left: '' })
  })

  it('leaves everything else to the client, frames of ours that it cannot read among it', () => {
    const other = 'PING\r\n'
    expect(read([frames, Buffer.from(other)])).toEqual({ acks, left: other })
    const odd = 'MSG _INBOX.x.0.zz 3 2\r\n{}\r\n'
    expect(read([Buffer.from(odd)])).toEqual({ acks: [], left: odd })
  })
})
