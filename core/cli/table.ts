import { cell, columnsOf, plain } from './view/paint.ts'

/** Rows as aligned columns; numbers to the right. The last column is not padded. */
export const table = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): string => {
  const texts = rows.map((row) =>
    row.map((value) => (typeof value === 'number' ? value.toLocaleString('en-US') : plain(value))),
  )
  const widths = header.map((title, column) =>
    Math.max(title.length, ...texts.map((row) => columnsOf(row[column] ?? ''))),
  )
  const right = header.map((_title, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'))
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) => cell(text, widths[column] ?? 0, right[column] ? 'right' : 'left'))
      .join('  ')
      .trimEnd()
  return [line(header), ...texts.map(line)].map((text) => `${text}\n`).join('')
}
