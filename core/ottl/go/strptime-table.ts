/**
 * The directives of time formats, each as the parts it is made of. Composite directives are written out for printing; for
 * reading, numbers may have one digit or two.
 */
export const directives: Readonly<Record<string, string>> = {
  Y: 'year',
  y: 'year2',
  m: 'month',
  o: 'month_',
  q: 'month1',
  b: 'Mon',
  h: 'Mon',
  B: 'Month',
  d: 'day',
  e: 'day_',
  g: 'day1',
  a: 'Day',
  A: 'Weekday',
  H: 'hour',
  l: 'hour12_1',
  I: 'hour12',
  p: 'PM',
  P: 'pm',
  M: 'minute',
  S: 'second',
  L: 'fraction3',
  f: 'fraction6',
  s: 'fraction9',
  Z: 'zone',
  z: 'offsetZ',
  w: 'offset-hhmmss',
  i: 'offset-hh',
  j: 'offset-hh:mm',
  k: 'offset-hh:mm:ss',
}

/** Directives that stand for others: `read` where reading differs. */
export const composites: Readonly<Record<string, { readonly print: string; readonly read?: readonly string[] }>> = {
  D: { print: '%m/%d/%Y', read: ['%m/%d/%Y', '%m/%d/%y'] },
  x: { print: '%m/%d/%Y', read: ['%m/%d/%Y', '%m/%d/%y'] },
  F: { print: '%Y-%m-%d' },
  T: { print: '%H:%M:%S' },
  X: { print: '%H:%M:%S' },
  r: { print: '%I:%M:%S %P' },
  R: { print: '%H:%M' },
  c: { print: '%a %b %d %H:%M:%S %Y' },
  n: { print: '\n' },
  t: { print: '\t' },
}

export type Part = { readonly literal: string } | { readonly directive: string }
