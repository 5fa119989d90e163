/** The tables beside this folder, read when they are first needed. Their origin stands in `../data/README.md`. */
import { readFileSync } from 'node:fs'

export const readData = <T>(name: 'grok-patterns' | 'user-agents'): T =>
  JSON.parse(readFileSync(new URL(`../data/${name}.json`, import.meta.url), 'utf8')) as T
