/**
 * A tool's answer, made plain. Servers differ in where they put a value and in how they say no:
 *
 *   value    structuredContent; FastMCP wraps it as {"result": …}  → unwrapped
 *            text blocks with JSON (a list may be one block an item) → parsed
 *            plain text → the text
 *   refusal  isError + text · {success:false, error:"…"} · {success:false, error:{code,message,…}} ·
 *            {success:false, message} or {success:false, status} · {error:"…"} without `success`
 */
import type { FailureShape, ToolAnswer, ToolFailure } from './types.ts'

type Plain = Readonly<Record<string, unknown>>

/** As far as the protocol's result matters here; anything else in it is left alone. */
export interface RawResult {
  readonly content?: unknown
  readonly structuredContent?: unknown
  readonly isError?: unknown
}

export type AnswerValue = Pick<ToolAnswer, 'value' | 'from' | 'malformed' | 'ok' | 'failure'>

const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value)

const textsOf = (content: unknown): readonly string[] =>
  Array.isArray(content)
    ? content.flatMap((block) => (isPlain(block) && typeof block['text'] === 'string' ? [block['text']] : []))
    : []

const parse = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

const looksLikeJson = (text: string): boolean => /^\s*[[{]/.test(text)

/** `{"result": X}` is the library's wrapper unless the text says that the tool itself answered so. */
const unwrap = (structured: unknown, texts: readonly string[]): unknown => {
  if (!isPlain(structured)) return structured
  const keys = Object.keys(structured)
  if (keys.length !== 1 || keys[0] !== 'result') return structured
  const first = texts.length === 1 ? parse(texts[0] ?? '') : undefined
  const said = first !== undefined && isPlain(first.value) && Object.keys(first.value).join() === 'result'
  return said ? structured : structured['result']
}

const valueOf = (raw: RawResult): Pick<ToolAnswer, 'value' | 'from' | 'malformed'> => {
  const texts = textsOf(raw.content)
  if (raw.structuredContent !== undefined) return { value: unwrap(raw.structuredContent, texts), from: 'structured' }
  if (texts.length === 0) {
    const content = Array.isArray(raw.content) ? raw.content : []
    return content.length === 0 ? { value: null, from: 'empty' } : { value: content as unknown, from: 'content' }
  }
  const parsed = texts.map(parse)
  if (parsed.every((one) => one !== undefined)) {
    const values = parsed.map((one) => one.value)
    return { value: values.length === 1 ? values[0] : values, from: 'json' }
  }
  const text = texts.join('\n')
  if (raw.isError !== true && texts.some((one) => looksLikeJson(one) && parse(one) === undefined)) {
    return { value: text, from: 'text', malformed: 'the text looks like JSON and is none' }
  }
  return { value: text, from: 'text' }
}

const string = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

const ofObject = (error: Plain): ToolFailure => ({
  shape: 'error_object',
  message:
    string(error['message']) ?? string(error['detail']) ?? string(error['code']) ?? 'the tool failed without a message',
  ...(string(error['code']) === undefined ? {} : { code: string(error['code']) as string }),
  ...(string(error['type']) === undefined ? {} : { type: string(error['type']) as string }),
  ...(string(error['severity']) === undefined ? {} : { severity: string(error['severity']) as string }),
  ...(typeof error['retryable'] === 'boolean' ? { retryable: error['retryable'] } : {}),
})

const failure = (shape: FailureShape, message: string): ToolFailure => ({ shape, message })

const failureOf = (value: unknown): ToolFailure | undefined => {
  if (!isPlain(value)) return undefined
  const { success, error, message, status } = value
  if (success === true) return undefined
  if (isPlain(error) && (success === false || error['message'] !== undefined)) return ofObject(error)
  if (string(error) !== undefined) return failure('error_text', string(error) as string)
  if (success !== false) return undefined
  return failure('message', string(message) ?? string(status) ?? 'the tool said success: false')
}

/** The value of an answer, and whether the tool said yes. */
export const readAnswer = (raw: RawResult): AnswerValue => {
  const answer = valueOf(raw)
  if (raw.isError === true) {
    const inner = failureOf(answer.value)
    const message =
      inner?.message ?? (typeof answer.value === 'string' ? answer.value : textsOf(raw.content).join('\n'))
    return {
      ...answer,
      ok: false,
      failure: { ...inner, shape: 'is_error', message: message === '' ? 'the tool failed without a message' : message },
    }
  }
  const refused = failureOf(answer.value)
  return refused === undefined ? { ...answer, ok: true } : { ...answer, ok: false, failure: refused }
}
