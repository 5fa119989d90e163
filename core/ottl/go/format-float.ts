/** Doubles as Go's strconv.FormatFloat writes them; precision −1 is the fewest digits that read back the same. */

const exponentText = (exponent: number, letter: string): string => {
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${letter}${exponent < 0 ? '-' : '+'}${digits}`
}

/** `1.5e+06` out of JavaScript's `1.5e+6`. */
/** A double as an exact fraction: `numerator / 2 ** shift`. */
const exact = (value: number): { readonly numerator: bigint; readonly shift: bigint } => {
  let shift = 0n
  let scaled = value
  while (!Number.isInteger(scaled)) {
    scaled *= 2
    shift++
  }
  return { numerator: BigInt(scaled), shift }
}

/** `value * 10 ** digits`, a half to the even neighbour as in Go; JavaScript rounds halves up. */
const scaledAndRounded = (value: number, digits: number): bigint => {
  const { numerator, shift } = exact(value)
  const scale = 10n ** BigInt(Math.abs(digits))
  const top = digits >= 0 ? numerator * scale : numerator
  const bottom = (1n << shift) * (digits >= 0 ? 1n : scale)
  const twice = 2n * (top % bottom)
  const quotient = top / bottom
  return twice > bottom || (twice === bottom && quotient % 2n === 1n) ? quotient + 1n : quotient
}

const rounded = (value: number, digits: number): string => {
  const text = scaledAndRounded(Math.abs(value), digits)
    .toString()
    .padStart(digits + 1, '0')
  const sign = value < 0 ? '-' : ''
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** `toExponential` with Go's rounding. */
const exponential = (value: number, precision: number): string => {
  if (value === 0) return `${(0).toFixed(precision)}e+0`
  let exponent = Number(Math.abs(value).toExponential().split('e')[1])
  let digits = scaledAndRounded(Math.abs(value), precision - exponent).toString()
  if (digits.length > precision + 1) {
    exponent++
    digits = digits.slice(0, -1)
  }
  return `${value < 0 ? '-' : ''}${digits[0]}${precision === 0 ? '' : `.${digits.slice(1)}`}e${exponent}`
}

const DIGITS_MAX = 400

const scientific = (value: number, precision: number, letter: 'e' | 'E'): string => {
  const text = precision < 0 ? value.toExponential() : exponential(value, Math.min(precision, DIGITS_MAX))
  const [mantissa, exponent] = text.split('e') as [string, string]
  return mantissa + exponentText(Number(exponent), letter)
}

const fixed = (value: number, precision: number): string => {
  return precision >= 0 ? rounded(value, Math.min(precision, DIGITS_MAX)) : expanded(value)
}

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

/** `4503599627370496p-52`: the whole mantissa and its power of two. */
const binary = (value: number): string => {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, Math.abs(value))
  const all = bits.getBigUint64(0)
  const biased = Number(all >> 52n)
  const fraction = all & 0xf_ffff_ffff_ffffn
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n)
  const power = biased === 0 ? -1074 : biased - 1075
  return `${value < 0 ? '-' : ''}${mantissa}p${power < 0 ? '' : '+'}${power}`
}

/** From here on the shortest form is written with an exponent. */
const SHORTEST_EXPONENT_MAX = 6

const general = (value: number, precision: number, letter: 'e' | 'E'): string => {
  const shortest = precision < 0
  const wanted = shortest ? undefined : Math.min(Math.max(precision, 1), DIGITS_MAX) - 1
  const text = wanted === undefined ? value.toExponential() : exponential(value, wanted)
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
    case 'b':
      return sign + binary(value)
    default:
      return sign + general(value, precision, verb === 'G' ? 'E' : 'e')
  }
}
