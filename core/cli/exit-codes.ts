/** Every exit code of the command line; docs/errors.md prints this table and a test holds the two in step. */
export const exitCodes = {
  ok: { code: 0, meaning: 'Done; `run` ended because it was asked to, or everything was delivered under `--once`.' },
  failed: { code: 1, meaning: 'Something failed at run time: a component did not start, a file could not be written.' },
  usage: { code: 2, meaning: 'The command line is wrong: an unknown verb or option, a missing operand.' },
  config: { code: 3, meaning: 'The configuration is invalid, or there is none; every mistake was printed.' },
  unreachable: { code: 4, meaning: 'No running collector could be reached in the data directory.' },
  incomplete: {
    code: 5,
    meaning: 'The shutdown deadline passed before everything was delivered; what is left was reported.',
  },
  interrupted: { code: 130, meaning: 'A second SIGINT or SIGTERM, of `run` a third, ended the process at once.' },
} as const satisfies Record<string, { readonly code: number; readonly meaning: string }>

export type ExitName = keyof typeof exitCodes
export const exitCode = (name: ExitName): number => exitCodes[name].code
