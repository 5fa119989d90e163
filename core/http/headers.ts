/** Headers of a configuration: a map, or as the OpenTelemetry Collector takes them too, a list of names and values. */
import type { JsonSchema } from '../kit/schema.ts'
import type { Secret } from '../kit/secret.ts'

const value = { type: 'string', secret: true, description: 'Its value.' } as const

export const headersSchema = {
  oneOf: [
    { type: 'object', additionalProperties: value },
    {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'value'],
        properties: { name: { type: 'string', minLength: 1, description: 'Its name.' }, value },
      },
    },
  ],
  default: {},
} as const satisfies JsonSchema

type Headers = Readonly<Record<string, Secret>> | readonly { readonly name: string; readonly value: Secret }[]

const isList = (headers: Headers): headers is Extract<Headers, readonly unknown[]> => Array.isArray(headers)

/** Names in lower case, and the values as they are sent. */
export const headerEntries = (headers: Headers): readonly (readonly [name: string, value: string])[] =>
  (isList(headers) ? headers.map((one) => [one.name, one.value] as const) : Object.entries(headers)).map(
    ([name, secret]) => [name.toLowerCase(), secret.reveal()] as const,
  )
