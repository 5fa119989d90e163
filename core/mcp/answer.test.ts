import { describe, expect, it } from 'vitest'
import { readAnswer } from './answer.ts'

const text = (...texts: string[]): { content: { type: string; text: string }[] } => ({
  content: texts.map((one) => ({ type: 'text', text: one })),
})

describe('the value of an answer', () => {
  it('is the structured content without the library’s wrapper', () => {
    const status = { success: true, agents: [] }
    expect(readAnswer({ ...text(JSON.stringify(status)), structuredContent: { result: status } })).toMatchObject({
      value: status,
      from: 'structured',
      ok: true,
    })
    expect(readAnswer({ content: [], structuredContent: { result: [] } }).value).toEqual([])
    expect(
      readAnswer({ ...text('{"id":1}', '{"id":2}'), structuredContent: { result: [{ id: 1 }, { id: 2 }] } }).value,
    ).toEqual([{ id: 1 }, { id: 2 }])
  })

  it('keeps a result that the tool itself called so', () => {
    expect(readAnswer({ ...text('{"result":5}'), structuredContent: { result: 5 } }).value).toEqual({ result: 5 })
    expect(readAnswer({ ...text('…'), structuredContent: { result: 5, unit: 's' } }).value).toEqual({
      result: 5,
      unit: 's',
    })
  })

  it('is the JSON of the text, one block or one an item, else the text', () => {
    expect(readAnswer(text('{"a":1}'))).toMatchObject({ value: { a: 1 }, from: 'json' })
    expect(readAnswer(text('{"a":1}', '{"a":2}')).value).toEqual([{ a: 1 }, { a: 2 }])
    expect(readAnswer(text('all is well'))).toMatchObject({ value: 'all is well', from: 'text', ok: true })
    expect(readAnswer({ content: [] })).toMatchObject({ value: null, from: 'empty' })
    expect(readAnswer({ content: [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }] })).toMatchObject({
      from: 'content',
    })
  })

  it('says when a text looks like JSON and is none', () => {
    expect(readAnswer(text('{"a":1, "b'))).toMatchObject({
      value: '{"a":1, "b',
      malformed: 'the text looks like JSON and is none',
    })
  })
})

describe('a refusal', () => {
  it.each([
    [
      'isError with text',
      {
        ...text("Error executing tool get_system_metrics: 'MarcusServer' object has no attribute '_x'"),
        isError: true,
      },
      {
        shape: 'is_error',
        message: "Error executing tool get_system_metrics: 'MarcusServer' object has no attribute '_x'",
      },
    ],
    [
      'isError without text',
      { content: [], isError: true },
      { shape: 'is_error', message: 'the tool failed without a message' },
    ],
    [
      'an error text',
      text('{"success":false,"error":"No active project."}'),
      { shape: 'error_text', message: 'No active project.' },
    ],
    [
      'an error object',
      text(
        '{"success":false,"error":{"code":"AI_PROVIDER_ERROR","message":"no key","type":"AIProviderError","severity":"high","retryable":true}}',
      ),
      {
        shape: 'error_object',
        message: 'no key',
        code: 'AI_PROVIDER_ERROR',
        type: 'AIProviderError',
        severity: 'high',
        retryable: true,
      },
    ],
    [
      'a message',
      text('{"success":false,"message":"Agent x not found"}'),
      { shape: 'message', message: 'Agent x not found' },
    ],
    [
      'a status',
      text('{"success":false,"status":"stale_completion"}'),
      { shape: 'message', message: 'stale_completion' },
    ],
    [
      'denied access',
      text('{"error":"Access denied","client_type":"observer","allowed_tools":["ping"]}'),
      { shape: 'error_text', message: 'Access denied' },
    ],
    [
      'an error beside nothing',
      text('{"project":null,"error":"No active project"}'),
      { shape: 'error_text', message: 'No active project' },
    ],
  ])('is read from %s', (_, raw, failure) => {
    expect(readAnswer(raw)).toMatchObject({ ok: false, failure })
  })

  it('is not read from a success, nor from an empty error', () => {
    expect(readAnswer(text('{"success":true,"error":"none"}')).ok).toBe(true)
    expect(readAnswer(text('{"errors":0,"error":null}')).ok).toBe(true)
    expect(readAnswer(text('{"status":"online"}')).ok).toBe(true)
  })
})
