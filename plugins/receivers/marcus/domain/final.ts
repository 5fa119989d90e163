/** A report that finishes a task if it is accepted: 100 % counts, whatever the status says. */
export const isFinal = ({ progress, status }: { readonly progress: number; readonly status: string }): boolean =>
  status === 'completed' || progress >= 100
