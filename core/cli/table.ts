/** Rows as aligned columns; numbers to the right. The last column is not padded. */
export const table = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): string => {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)))
  const widths = header.map((title, column) => Math.max(title.length, ...texts.map((row) => row[column]?.length ?? 0)))
  const right = header.map((_title, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(header), ...texts.map(line)].map((text) => `${text}\n`).join('')
}
