/** Carrying out a script on a draft, where its layout has a short way for it. */
import { OtlpDraft } from './otlp/editor.ts'
import type { Script } from './script.ts'

/** Whether all of a script was done; else nothing was. */
export const follow = <R>(draft: object, script: Script<R>, run: R): boolean =>
  draft instanceof OtlpDraft && draft.follow(script, run)
