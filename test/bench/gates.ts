/** The least and the aim: what the collector must stay under, beside a peer of the same call or as it is. */
import { overall, titleOf, type Figure, type Result } from './figures.ts'

export interface Gate {
  readonly ours: string
  readonly figure: Figure
  /** The figure is divided by this candidate's; absolute when absent. */
  readonly against?: string
  /** Judged only where this candidate is not measured. */
  readonly insteadOf?: string
  readonly gate: number
  readonly aim: number
}

const sentence = (gate: Gate, value: number): { readonly text: string; readonly isMet: boolean } => {
  const isMet = value <= gate.gate
  const verdict = value <= gate.aim ? 'the aim is reached' : isMet ? 'the gate is met' : 'THE GATE IS MISSED'
  const over = gate.against === undefined ? '' : ` ÷ ${gate.against}`
  const shown = value.toFixed(value < 10 ? 2 : 0)
  return {
    text: `${gate.ours}${over}, ${titleOf(gate.figure)}: ${shown} (gate ${gate.gate}, aim ${gate.aim}): ${verdict}`,
    isMet,
  }
}

/** A sentence for each gate; `isMet` is false when one that could be judged is missed or our own output was wrong. */
export const judge = (
  results: readonly Result[],
  gates: readonly Gate[],
): { readonly sentences: readonly string[]; readonly isMet: boolean } => {
  const measured = (name: string | undefined): Result | undefined =>
    results.find((result) => result.name === name && result.runs.length > 0)
  const judged = gates
    .filter(({ ours, insteadOf }) => measured(ours) && !measured(insteadOf))
    .map((gate) => {
      const own = overall(measured(gate.ours)!, gate.figure)
      const peer = measured(gate.against)
      if (own === undefined || (gate.against !== undefined && peer === undefined))
        return {
          text: `${gate.ours} ÷ ${gate.against}, gate ${gate.gate}: not judged, as it was not measured`,
          isMet: true,
        }
      const base = peer === undefined ? 1 : overall(peer, gate.figure)
      return sentence(gate, own / (base ?? Number.NaN))
    })
  const wrong = results.filter(({ name, problem }) => problem !== undefined && gates.some(({ ours }) => ours === name))
  return {
    sentences: [...judged.map(({ text }) => text), ...wrong.map(({ name, problem }) => `${name}: FAILED: ${problem}`)],
    isMet: wrong.length === 0 && judged.every(({ isMet }) => isMet),
  }
}
