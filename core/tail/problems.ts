/** Tells each problem once per file, until the file can be read again. */
import type { TailProblem } from './types.ts'

const MAX_TOLD = 1_000

export interface Problems {
  tell(problem: TailProblem): void
  /** The file can be read: the next failure is news again. */
  readable(path: string): void
  /** Files that cannot be read now. */
  readonly unreadable: number
}

export const createProblems = (listener: ((problem: TailProblem) => void) | undefined): Problems => {
  const told = new Set<string>()
  let unreadable = 0
  return {
    tell(problem) {
      const id = `${problem.kind} ${problem.path}`
      if (told.has(id) || told.size >= MAX_TOLD) return
      told.add(id)
      if (problem.kind === 'unreadable') unreadable++
      listener?.(problem)
    },
    readable(path) {
      if (told.delete(`unreadable ${path}`)) unreadable--
    },
    get unreadable() {
      return unreadable
    },
  }
}

/** Missing files are no problem: they come and go. */
export const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
