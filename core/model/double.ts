/** A double whose value may be whole: `new Double(3)` is 3.0, where the number 3 is the int64 3. */
export class Double {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
  valueOf(): number {
    return this.value
  }
  toString(): string {
    return String(this.value)
  }
  toJSON(): number {
    return this.value
  }
}
