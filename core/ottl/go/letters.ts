/** Upper and lower case one character at a time, as Go does: no `SS` for `ß`, no final sigma. */
const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}

const single = (text: string, change: (character: string) => string): string => {
  if (isAscii(text)) return change(text)
  let out = ''
  for (const character of text) {
    const changed = change(character)
    out += Array.from(changed).length === 1 ? changed : character
  }
  return out
}

export const upper = (text: string): string => single(text, (part) => part.toUpperCase())
/** `İ` is the one letter whose lower case is two characters; Go takes the first. */
export const lower = (text: string): string => single(text, (part) => (part === 'İ' ? 'i' : part.toLowerCase()))
