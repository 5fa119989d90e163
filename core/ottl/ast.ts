/** What a statement is once it has been read. Spans count characters of the text. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface StringKey extends Span {
  readonly type: 'string'
  readonly value: string
}
export interface IntKey extends Span {
  readonly type: 'int'
  readonly value: number | bigint
}
export interface ExpressionKey extends Span {
  readonly type: 'expression'
  readonly value: MathNode
}
export type Key = StringKey | IntKey | ExpressionKey

export interface Field extends Span {
  readonly name: string
  readonly keys: readonly Key[]
}

/** All segments, a leading context included; which one that is, the contexts decide. */
export interface PathNode extends Span {
  readonly type: 'path'
  readonly fields: readonly Field[]
}

export interface Argument extends Span {
  readonly name: string | undefined
  readonly value: ValueNode | FunctionName
}
/** A function passed by name, such as the `SHA256` of `replace_pattern`. */
export interface FunctionName extends Span {
  readonly type: 'function'
  readonly name: string
}

export interface CallNode extends Span {
  readonly type: 'call'
  readonly name: string
  readonly nameEnd: number
  readonly args: readonly Argument[]
  readonly keys: readonly Key[]
}

export interface IntNode extends Span {
  readonly type: 'int'
  readonly value: number | bigint
}
export interface FloatNode extends Span {
  readonly type: 'float'
  readonly value: number
}
export type LeafNode = IntNode | FloatNode | PathNode | CallNode

export type MathOperator = '+' | '-' | '*' | '/'
export interface BinaryNode extends Span {
  readonly type: 'binary'
  readonly operator: MathOperator
  readonly left: MathNode
  readonly right: MathNode
}
export interface NegateNode extends Span {
  readonly type: 'negate'
  readonly operand: MathNode
}
export type MathNode = LeafNode | BinaryNode | NegateNode

/** An expression that is more than a bare leaf: a sign, parentheses or operators. It is never a path to set. */
export interface Expression extends Span {
  readonly type: 'math'
  readonly value: MathNode
}

export interface MapItem {
  readonly key: StringKey | (Span & { readonly type: 'dynamic' })
  readonly value: ValueNode
}

export type ValueNode =
  | LeafNode
  | Expression
  | (Span & { readonly type: 'nil' })
  | (Span & { readonly type: 'boolean'; readonly value: boolean })
  | (Span & { readonly type: 'string'; readonly value: string })
  | (Span & { readonly type: 'bytes'; readonly value: Uint8Array })
  | (Span & { readonly type: 'enum'; readonly name: string })
  | (Span & { readonly type: 'list'; readonly items: readonly ValueNode[] })
  | (Span & { readonly type: 'map'; readonly items: readonly MapItem[] })

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>=' | '>'

export type BooleanNode =
  | (Span & { readonly type: 'or' | 'and'; readonly items: readonly BooleanNode[] })
  | (Span & { readonly type: 'not'; readonly item: BooleanNode })
  | (Span & {
      readonly type: 'compare'
      readonly operator: CompareOperator
      readonly left: ValueNode
      readonly right: ValueNode
    })
  | (Span & { readonly type: 'constant'; readonly value: boolean })
  | (Span & { readonly type: 'converter'; readonly call: CallNode })

export interface Statement {
  readonly editor: CallNode
  readonly where: BooleanNode | undefined
}
