/** Words in other cases, byte by byte as the reference's library does it: only ASCII letters count. */
import { goTrim } from './text.ts'

const isUpper = (code: number): boolean => code >= 65 && code <= 90
const isLower = (code: number): boolean => code >= 97 && code <= 122
const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isDelimiter = (code: number): boolean => code === 0x5f || code === 0x20 || code === 0x2d || code === 0x2e

/** `my_name` → `MyName`. What is neither an ASCII letter nor a digit is left out. */
export const toCamel = (text: string): string => {
  let out = ''
  let capital = true
  let afterCapital = false
  for (const character of goTrim(text)) {
    const code = character.codePointAt(0)!
    const upper = isUpper(code)
    const lower = isLower(code)
    let written = character
    if (capital) written = lower ? character.toUpperCase() : character
    else if (afterCapital && upper) written = character.toLowerCase()
    afterCapital = upper
    if (upper || lower) {
      out += written
      capital = false
    } else if (isDigit(code)) {
      out += written
      capital = true
    } else capital = isDelimiter(code)
  }
  return out
}

/** `JSONData` → `json_data`, `v2Name` → `v_2_name`. */
export const toSnake = (text: string): string => {
  const source = goTrim(text)
  let out = ''
  for (let i = 0; i < source.length; i++) {
    const code = source.charCodeAt(i)
    const next = i + 1 < source.length ? source.charCodeAt(i + 1) : 0
    const lowered = isUpper(code) ? source[i]!.toLowerCase() : source[i]!
    const changes =
      (isUpper(code) && (isLower(next) || isDigit(next))) ||
      (isLower(code) && (isUpper(next) || isDigit(next))) ||
      (isDigit(code) && (isUpper(next) || isLower(next)))
    if (changes) {
      if (isUpper(code) && isLower(next) && i > 0 && isUpper(source.charCodeAt(i - 1))) out += '_'
      out += lowered
      if (isLower(code) || isDigit(code) || isDigit(next)) out += '_'
    } else out += isDelimiter(code) ? '_' : lowered
  }
  return out
}
