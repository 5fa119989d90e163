/** JSON for programs: int64 beyond 2^53 as text, as OTLP has it. */
export const toJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part), indent)
