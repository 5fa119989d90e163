/** One collector after the other over the same folder: most are killed with SIGKILL, some are asked to end. */
import { type Life, startLife } from '../setup/collector-life.ts'

const LIFE_LEAST_MS = 300
/** How many of the ends are orderly ones. */
const ORDERLY = 0.3

export interface Lives {
  readonly now: Life
  readonly kills: number
  readonly ends: number
  /** Ends this life and starts the next when its time has come. */
  tick(elapsedMs: number): Promise<void>
}

export interface LivesOptions {
  readonly folder: string
  readonly random: () => number
  readonly mostMs: number
  readonly complain: (text: string) => void
  /** Exit codes of an orderly end that are right. */
  readonly endsWith: readonly number[]
}

export const createLives = ({ folder, random, mostMs, complain, endsWith }: LivesOptions): Lives => {
  /** Mostly short lives, some long. */
  const lifeMs = (): number => LIFE_LEAST_MS + (mostMs - LIFE_LEAST_MS) * random() ** 3
  let now = startLife(folder)
  let dies = lifeMs()
  const counts = { kills: 0, ends: 0 }
  return {
    get now() {
      return now
    },
    get kills() {
      return counts.kills
    },
    get ends() {
      return counts.ends
    },
    async tick(elapsedMs) {
      if (elapsedMs <= dies) return
      if (random() < ORDERLY) {
        counts.ends++
        const code = await now.end()
        if (!endsWith.includes(code ?? -1)) complain(`asked to end, it ended with ${code}: ${now.words()}`)
      } else {
        counts.kills++
        await now.kill()
      }
      now = startLife(folder)
      dies = elapsedMs + lifeMs()
    },
  }
}
