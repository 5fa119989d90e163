/** "Did you mean …": the nearest of the known names, when one is near enough to be meant. */

/** Edits (insert, delete, replace, swap of neighbours) that make `b` of `a`; stops counting above `most`. */
const editDistance = (a: string, b: string, most: number): number => {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1)
      current.push(best)
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? most + 1
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9/]/g, '')

/** The known name that was probably meant. Case and separators count nothing; a known name that holds the word is a guess too. */
export const nearest = (wrong: string, known: Iterable<string>): string | undefined => {
  const word = plain(wrong)
  if (word === '') return undefined
  const most = word.length <= 3 ? 1 : word.length <= 7 ? 2 : 3
  let best: string | undefined
  let distance = most + 1
  let contained: string | undefined
  for (const name of known) {
    if (name === wrong) continue
    const candidate = plain(name)
    const edits = editDistance(word, candidate, most)
    if (edits < distance) {
      best = name
      distance = edits
    }
    if (word.length >= 4 && candidate.length >= 4 && (candidate.includes(word) || word.includes(candidate)))
      contained ??= name
  }
  return best ?? contained
}

export const didYouMean = (wrong: string, known: Iterable<string>): string | undefined => {
  const name = nearest(wrong, known)
  return name === undefined ? undefined : `did you mean '${name}'?`
}

const SHOWN_AT_MOST = 30

/** `a, b and c`; long lists are cut. */
export const listOf = (names: readonly string[], last = 'and'): string => {
  const shown =
    names.length > SHOWN_AT_MOST
      ? [...names.slice(0, SHOWN_AT_MOST - 1), `${names.length - SHOWN_AT_MOST + 1} more`]
      : names
  if (shown.length < 2) return shown.join('')
  return `${shown.slice(0, -1).join(', ')} ${last} ${shown.at(-1)}`
}
