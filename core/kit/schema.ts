/**
 * The JSON Schema (2020-12) subset that plugin options are written in, and `Infer`, the type of a validated option
 * object. Beyond JSON Schema: `format: 'duration'` (Go durations such as `200ms`, `1h30m`; the plugin sees
 * milliseconds), `format: 'bytesize'` (`64KiB`; the plugin sees bytes) and `secret: true` (the plugin sees a `Secret`).
 */
import type { Secret } from './secret.ts'

export interface JsonSchema {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null' | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  /** Absent means false: unknown keys are errors everywhere. */
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly oneOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly secret?: boolean
  /** Two components may not have the same value: an address to listen on (host:port), a file to write. */
  readonly exclusive?: 'address' | 'file'
  readonly deprecated?: boolean
}

type Simplify<T> = { readonly [K in keyof T]: T[K] }

type RequiredKeys<P, R> =
  | (R extends readonly (infer K)[] ? K & keyof P : never)
  | { [K in keyof P]: P[K] extends { readonly default: unknown } ? K : never }[keyof P]

type InferObject<P, R> = Simplify<
  { [K in keyof P & RequiredKeys<P, R>]: Infer<P[K]> } & { [K in Exclude<keyof P, RequiredKeys<P, R>>]?: Infer<P[K]> }
>

/** The type of a value that a schema accepted, with defaults filled in. Write schemas `as const satisfies JsonSchema`. */
export type Infer<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly oneOf: readonly (infer O)[] }
      ? Infer<O>
      : S extends { readonly anyOf: readonly (infer O)[] }
        ? Infer<O>
        : S extends { readonly secret: true }
          ? Secret
          : S extends { readonly format: 'duration' | 'bytesize' }
            ? number
            : S extends { readonly type: 'string' }
              ? string
              : S extends { readonly type: 'number' | 'integer' }
                ? number
                : S extends { readonly type: 'boolean' }
                  ? boolean
                  : S extends { readonly type: 'null' }
                    ? null
                    : S extends { readonly type: 'array'; readonly items: infer I }
                      ? readonly Infer<I>[]
                      : S extends { readonly properties: infer P }
                        ? InferObject<P, S extends { readonly required: infer R } ? R : readonly []>
                        : S extends { readonly additionalProperties: infer A }
                          ? A extends object
                            ? Readonly<Record<string, Infer<A>>>
                            : Readonly<Record<string, unknown>>
                          : S extends { readonly type: 'object' }
                            ? Readonly<Record<string, unknown>>
                            : unknown
