/** Upper and lower case one character at a time, as Go does: no `SS` for `ß`, no final sigma. */
const single = (text: string, change: (character: string) => string): string => {
  if (/^[\0-\x7f]*$/.test(text)) return change(text)
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
