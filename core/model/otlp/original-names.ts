/**
 * Requests whose members have the names of the .proto files (`resource_logs`), as some senders write them and the
 * OpenTelemetry Collector takes them, although the specification has lowerCamelCase alone. A request that begins with
 * such a name has them throughout: OTLP/JSON has no members with names of the sender's own.
 */
const beginnings = ['resource_logs', 'resource_metrics', 'resource_spans']

/** Deeper than any request that is taken. */
const DEPTH_MOST = 512

const lowerCamel = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/g, (_whole, letter: string) => letter.toUpperCase())

const renamed = (value: unknown, depth: number): unknown => {
  if (typeof value !== 'object' || value === null || depth > DEPTH_MOST) return value
  if (Array.isArray(value)) return value.map((item) => renamed(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [lowerCamel(key), renamed(item, depth + 1)]))
}

/** A parsed request with the names of the specification. */
export const withJsonNames = (request: unknown): unknown =>
  typeof request === 'object' && request !== null && beginnings.some((name) => Object.hasOwn(request, name))
    ? renamed(request, 0)
    : request
