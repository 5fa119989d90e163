/** Upper tails of the distributions that the detectors test against. */

/** ln Γ(x) for x > 0. Source: Lanczos approximation, g = 7, nine terms. */
export const logGamma = (x: number): number => {
  const terms = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ]
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const shifted = x - 1
  const base = shifted + 7.5
  const sum = terms.slice(1).reduce((total, term, index) => total + term / (shifted + index + 1), terms[0]!)
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum)
}

/**
 * P(X ≥ count) of a negative binomial with the given mean and variance (> mean).
 * r = mean² / (variance − mean), p = r / (r + mean); the tail is summed until its terms no longer matter.
 */
export const negativeBinomialTail = (count: number, mean: number, variance: number): number => {
  if (count <= 0 || mean <= 0) return 1
  const r = (mean * mean) / Math.max(variance - mean, 1e-9)
  const logP = Math.log(r / (r + mean))
  const logQ = Math.log(mean / (r + mean))
  let term = Math.exp(logGamma(count + r) - logGamma(r) - logGamma(count + 1) + r * logP + count * logQ)
  let total = 0
  for (let k = count; k < count + 100_000; k++) {
    total += term
    term *= ((k + r) / (k + 1)) * Math.exp(logQ)
    if (term < total * 1e-12) break
  }
  return Math.min(1, total)
}
