import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { partialSuccess, readStatus, statusMessage } from './index.ts'

const root = protobuf.Root.fromJSON({
  nested: {
    Response: { fields: { partialSuccess: { type: 'Partial', id: 1 } } },
    Partial: { fields: { rejected: { type: 'int64', id: 1 }, errorMessage: { type: 'string', id: 2 } } },
    Status: {
      fields: {
        code: { type: 'int32', id: 1 },
        message: { type: 'string', id: 2 },
        details: { type: 'Any', id: 3, rule: 'repeated' },
      },
    },
    Any: { fields: { typeUrl: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
    RetryInfo: { fields: { retryDelay: { type: 'Duration', id: 1 } } },
    Duration: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
  },
})
const encode = (type: string, value: object): Uint8Array => root.lookupType(type).encode(value).finish()
const json = (value: object): Uint8Array => Buffer.from(JSON.stringify(value))

const retryInfo = (retryDelay: object): object => ({
  typeUrl: 'type.googleapis.com/google.rpc.RetryInfo',
  value: encode('RetryInfo', { retryDelay }),
})

describe('a partial success', () => {
  it.each([
    ['logs', 'rejectedLogRecords'],
    ['metrics', 'rejectedDataPoints'],
    ['traces', 'rejectedSpans'],
  ] as const)('of %s is counted under its own name in JSON, and under field 1 in protobuf', (signal, name) => {
    const said = { rejected: 3, message: 'too old' }
    const inJson = json({ partialSuccess: { [name]: '3', errorMessage: 'too old' } })
    expect(partialSuccess(signal, inJson, 'application/json; charset=utf-8')).toEqual(said)
    const inProto = encode('Response', { partialSuccess: { rejected: 3, errorMessage: 'too old' } })
    expect(partialSuccess(signal, inProto)).toEqual(said)
  })

  it('that nobody can read is none', () => {
    const none = { rejected: 0, message: '' }
    for (const bytes of [[], [255], [10, 99, 1], [10, 2, 8], [11]])
      expect(partialSuccess('logs', Uint8Array.from(bytes)), String(bytes)).toEqual(none)
    for (const text of ['', 'null', '[]', '{"partialSuccess":null}', '{'])
      expect(partialSuccess('logs', Buffer.from(text), 'application/json'), text).toEqual(none)
    const negative = json({ partialSuccess: { rejectedLogRecords: -5 } })
    expect(partialSuccess('logs', negative, 'application/json')).toEqual(none)
  })
})

describe('a status', () => {
  it('says its code, its message and when to come back', () => {
    const details = [{ typeUrl: 'x/Other', value: new Uint8Array([1]) }, retryInfo({ seconds: 2, nanos: 500_000_000 })]
    expect(readStatus(encode('Status', { code: 8, message: 'later', details }))).toEqual({
      code: 8,
      message: 'later',
      retryAfterMs: 2_500,
    })
    const now = encode('Status', { code: 14, details: [retryInfo({})] })
    expect(readStatus(now)).toEqual({ code: 14, message: '', retryAfterMs: 0 })
  })

  it('cannot send us away for ever, nor into the past', () => {
    const delay = (seconds: number) => readStatus(encode('Status', { code: 8, details: [retryInfo({ seconds })] }))
    expect(delay(1e12).retryAfterMs).toBe(24 * 3_600_000)
    expect(delay(-5).retryAfterMs).toBe(0)
  })

  it('that is broken, or something else, is whatever came', () => {
    expect(readStatus(Uint8Array.of(18, 200))).toEqual({ code: 0, message: '', retryAfterMs: undefined })
    expect(statusMessage(Buffer.from('<html>'), 'text/html')).toBe('<html>')
    expect(statusMessage(json({ code: 3, message: 'bad' }), 'application/json')).toBe('bad')
    expect(statusMessage(encode('Status', { message: 'bad' }), 'application/x-protobuf')).toBe('bad')
  })
})
