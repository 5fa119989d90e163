/** Colours for terminals, or none; and text that may go to one: no control characters, no more columns than there are. */
import { stripVTControlCharacters, styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

export interface Paint {
  (style: Style, text: string): string
}

export const paint =
  (color: boolean): Paint =>
  (style, text) =>
    color ? styleText(style, text, { validateStream: false }) : text

/** Foreign text on one line: a task's name must not be able to move the cursor. */
export const plain = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is taken out
  stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')

/** Wide characters count as two, marks as none; enough for names and messages. */
const widthOf = (character: string): number => {
  const code = character.codePointAt(0) ?? 0
  if (/\p{Mark}/u.test(character) || code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f)) return 0
  if (code < 0x1100) return 1
  return /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
    character,
  ) ||
    (code >= 0x20000 && code <= 0x3fffd)
    ? 2
    : 1
}

export const columnsOf = (text: string): number => {
  let columns = 0
  for (const character of stripVTControlCharacters(text)) columns += widthOf(character)
  return columns
}

/** Plain text cut to `columns`, with an ellipsis where something was cut. */
export const fit = (text: string, columns: number): string => {
  if (columnsOf(text) <= columns) return text
  let kept = ''
  let used = 0
  for (const character of text) {
    used += widthOf(character)
    if (used > columns - 1) break
    kept += character
  }
  return columns < 1 ? '' : `${kept.trimEnd()}…`
}

/** Plain text in exactly `columns`. */
export const cell = (text: string, columns: number, align: 'left' | 'right' = 'left'): string => {
  const short = fit(text, columns)
  const space = ' '.repeat(Math.max(0, columns - columnsOf(short)))
  return align === 'left' ? short + space : space + short
}
