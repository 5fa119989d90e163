/** What may follow a place: `{{ event.data.x | filter:argument }}`. Values go through as JSON; the last one becomes a text. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type Filter = (value: Json) => Json

export const textOf = (value: Json): string => {
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
export const inQuotes = (value: Json): string => JSON.stringify(textOf(value)).slice(1, -1)

const cut = (text: string, most: number): string => {
  if (text.length <= most) return text
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (kept.length + segment.length > most - 1) break
    kept += segment
  }
  return `${kept}…`
}

export type MakeFilter = (argument: string | number | undefined) => Filter | undefined
export const filters: Readonly<Record<string, MakeFilter>> = {
  json: (argument) => (argument === undefined ? (value) => JSON.stringify(value) : undefined),
  escape: (argument) => (argument === undefined ? inQuotes : undefined),
  upper: (argument) => (argument === undefined ? (value) => textOf(value).toUpperCase() : undefined),
  lower: (argument) => (argument === undefined ? (value) => textOf(value).toLowerCase() : undefined),
  trim: (argument) => (argument === undefined ? (value) => textOf(value).trim() : undefined),
  url: (argument) => (argument === undefined ? (value) => encodeURIComponent(textOf(value).toWellFormed()) : undefined),
  truncate: (argument) => (typeof argument === 'number' ? (value) => cut(textOf(value), argument) : undefined),
  default: (argument) =>
    argument === undefined ? undefined : (value) => (value === null || value === '' ? argument : value),
}
