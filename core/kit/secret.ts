import { inspect } from 'node:util'

/** A secret from the configuration: prints as `[REDACTED]` everywhere, and gives itself up only to `reveal()`. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '[REDACTED]'
  }
  toJSON(): string {
    return '[REDACTED]'
  }
  [inspect.custom](): string {
    return '[REDACTED]'
  }
}
