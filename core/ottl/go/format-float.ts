/** Doubles as Go's strconv.FormatFloat writes them; precision −1 is the fewest digits that read back the same. */

const exponentText = (exponent: number, letter: string): string => {
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${letter}${exponent < 0 ? '-' : '+'}${digits}`
}

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

/** Digits of which the first counts `10 ** exponent`, without an exponent. */
const written = (digits: string, exponent: number): string => {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return digits.padEnd(exponent + 1, '0')
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** The shortest digits without an exponent. */
const expanded = (value: number): string => {
  const [mantissa, exponent] = Math.abs(value).toExponential().split('e') as [string, string]
  return (value < 0 ? '-' : '') + written(mantissa.replace('.', ''), Number(exponent))
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
  return (value < 0 ? '-' : '') + written(digits || '0', exponent)
}

const HEX_DIGITS = 13

/** `0x1.8p+00`: the mantissa in hex, rounded to a precision, a half to the even neighbour; −1 is all digits it has. */
const hexadecimal = (value: number, precision: number, upper: boolean): string => {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, Math.abs(value))
  const all = bits.getBigUint64(0)
  let exponent = all === 0n ? 0 : Number(all >> 52n) - 1023
  let mantissa = all === 0n ? 0n : (all & 0xf_ffff_ffff_ffffn) | (1n << 52n)
  if (all >> 52n === 0n && all !== 0n) {
    exponent = -1022
    for (mantissa = all; mantissa >> 52n === 0n; exponent--) mantissa <<= 1n
  }
  if (precision >= 0 && precision < HEX_DIGITS) {
    const dropped = BigInt(4 * (HEX_DIGITS - precision))
    const [kept, rest, half] = [mantissa >> dropped, mantissa & ((1n << dropped) - 1n), 1n << (dropped - 1n)]
    mantissa = (rest > half || (rest === half && kept % 2n === 1n) ? kept + 1n : kept) << dropped
    if (mantissa >> 53n === 1n) {
      mantissa >>= 1n
      exponent++
    }
  }
  const digits = (mantissa & 0xf_ffff_ffff_ffffn).toString(16).padStart(HEX_DIGITS, '0')
  const fraction = precision < 0 ? digits.replace(/0+$/, '') : digits.padEnd(precision, '0').slice(0, precision)
  const power = `p${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  const text = `0x${mantissa >> 52n}${fraction === '' ? '' : `.${fraction}`}${power}`
  return (value < 0 ? '-' : '') + (upper ? text.toUpperCase() : text)
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
      return sign + hexadecimal(value, precision, verb === 'X')
    case 'b':
      return sign + binary(value)
    default:
      return sign + general(value, precision, verb === 'G' ? 'E' : 'e')
  }
}
