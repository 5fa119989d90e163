/**
 * The face of an extension that proves who is asking (`auth: { authenticator: <id> }`), as exporters use it. What a
 * request must carry may change with time (a token read anew from its file), so it is asked for each request.
 */
import type { CheckInfo, ConfigProblem } from '../kit/plugin.ts'
import type { JsonSchema } from '../kit/schema.ts'

export interface ClientAuthenticator {
  /** Headers (lower-case names) of a request that is to be sent now. */
  clientHeaders(): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>
}

export const authSchema = {
  type: 'object',
  description: 'Who proves to the server who we are.',
  properties: {
    authenticator: { type: 'string', minLength: 1, description: 'Id of an extension such as `bearertokenauth`.' },
  },
  required: ['authenticator'],
} as const satisfies JsonSchema

/** For `check()`. */
export const authProblems = function* (
  auth: { readonly authenticator: string } | undefined,
  info: CheckInfo,
): Generator<ConfigProblem> {
  if (auth === undefined || info.extensions.includes(auth.authenticator)) return
  yield {
    path: ['auth', 'authenticator'],
    message: `there is no extension '${auth.authenticator}'`,
    suggestion: 'configure it under extensions and name it under service.extensions',
  }
}

/** Does the extension authenticate clients? */
export const isClientAuthenticator = (face: unknown): face is ClientAuthenticator =>
  typeof face === 'object' && face !== null && typeof (face as ClientAuthenticator).clientHeaders === 'function'
