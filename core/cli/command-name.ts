/**
 * How a person calls this program. From a checkout that is `npm run -s seneca-collector --` (the bootstrap says so in
 * SENECA_COMMAND), and what is advised has to work when it is typed as printed.
 */
import { verbNames } from './verb-names.ts'

const PROGRAM = 'seneca-collector'
const calls = new RegExp(`\\b${PROGRAM} (?=(?:${verbNames.join('|')}|VERB|--version)\\b)`, 'g')

export const asCalled = (text: string, env: Readonly<Record<string, string | undefined>>): string => {
  const command = env['SENECA_COMMAND']
  return command === undefined || command === '' ? text : text.replaceAll(calls, `${command} `)
}
