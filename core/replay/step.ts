/**
 * One thing that happens to a replayed Marcus at an instant of the recorded day. Steps are data until they are applied,
 * so a timeline can be shifted, cut, torn or inspected before it runs.
 */
import type { Micros } from './instant.ts'
import type { Boot } from './boots.ts'

export type Parameter = string | number | bigint | null | Uint8Array

export type Step = { readonly at: Micros } & (
  | { readonly kind: 'append'; readonly path: string; readonly bytes: Uint8Array }
  /** By a temporary file and a rename, as Marcus does it: the inode changes. */
  | { readonly kind: 'replace'; readonly path: string; readonly text: string }
  | { readonly kind: 'sql'; readonly path: string; readonly sql: string; readonly parameters: readonly Parameter[] }
  /** The process is there and its service file is written. */
  | { readonly kind: 'process'; readonly boot: Boot }
  /** Its endpoints answer. */
  | { readonly kind: 'up'; readonly boot: Boot }
  | { readonly kind: 'down'; readonly boot: Boot }
)
