import type { Schemas } from './registry.ts'

/** How an event of one version becomes one of the next. */
export interface Migration {
  readonly name: string
  readonly type: string
  readonly from: string
  readonly to: string
  /** OTTL, in the context `event`. */
  readonly statements: readonly string[]
}

/** What the extension `schema_registry` gives to others. */
export interface SchemaRegistryFace {
  /** Anew whenever the source has changed. */
  schemas(): Schemas
  readonly migrations: readonly Migration[]
}
