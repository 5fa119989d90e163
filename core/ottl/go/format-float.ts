/** Doubles as Go's strconv.FormatFloat writes them; precision −1 is the fewest digits that read back the same. */

const exponentText = (exponent: number, letter: string): string => {
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${letter}${exponent < 0 ? '-' : '+'}${digits}`
}

/** `1.5e+06` out of JavaScript's `1.5e+6`. */
const scientific = (value: number, precision: number, letter: 'e' | 'E'): string => {
  const text = precision < 0 ? value.toExponential() : value.toExponential(Math.min(precision, 100))
  const [mantissa, exponent] = text.split('e') as [string, string]
  return mantissa + exponentText(Number(exponent), letter)
}

const fixed = (value: number, precision: number): string => {
  if (precision >= 0)
    return Math.abs(value) < 1e21
      ? value.toFixed(Math.min(precision, 100))
      : wholeDigits(value) + (precision > 0 ? `.${'0'.repeat(precision)}` : '')
  return expanded(value)
}

const wholeDigits = (value: number): string => BigInt(value).toString()

/** The shortest digits without an exponent. */
const expanded = (value: number): string => {
  const [mantissa, exponentDigits] = Math.abs(value).toExponential().split('e') as [string, string]
  const exponent = Number(exponentDigits)
  const digits = mantissa.replace('.', '')
  const sign = value < 0 ? '-' : ''
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0')
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** From here on the shortest form is written with an exponent. */
const SHORTEST_EXPONENT_MAX = 21

const general = (value: number, precision: number, letter: 'e' | 'E'): string => {
  const shortest = precision < 0
  const wanted = shortest ? undefined : Math.min(Math.max(precision, 1), 100) - 1
  const text = wanted === undefined ? value.toExponential() : value.toExponential(wanted)
  const [mantissa, exponentDigits] = text.split('e') as [string, string]
  const exponent = Number(exponentDigits)
  const digits = mantissa.replace(/^-/, '').replace('.', '').replace(/0+$/, '')
  if (exponent < -4 || exponent >= (wanted === undefined ? SHORTEST_EXPONENT_MAX : wanted + 1)) {
    const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
    return (shortest ? mantissa : trimmed) + exponentText(exponent, letter)
  }
  return expanded(Number(`${value < 0 ? '-' : ''}${digits || '0'}e${exponent - Math.max(digits.length, 1) + 1}`))
}

const hexadecimal = (value: number, upper: boolean): string => {
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  const exponent = magnitude === 0 ? 0 : Math.floor(Math.log2(magnitude))
  const fraction = (magnitude / 2 ** exponent).toString(16).split('.')[1] ?? ''
  const text = `${sign}0x${magnitude === 0 ? '0' : '1'}${fraction === '' ? '' : `.${fraction}`}p${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  return upper ? text.toUpperCase() : text
}

export const formatFloat = (value: number, verb: string, precision: number): string => {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const negativeZero = Object.is(value, -0)
  const sign = negativeZero ? '-' : ''
  switch (verb) {
    case 'e':
    case 'E':
      return sign + scientific(value, precision, verb)
    case 'f':
      return sign + fixed(value, precision)
    case 'x':
    case 'X':
      return hexadecimal(value, verb === 'X')
    default:
      return sign + general(value, precision, verb === 'G' ? 'E' : 'e')
  }
}
