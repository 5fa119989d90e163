/**
 * What a function is: a name, its parameters in order, and a closure that is given the compiled arguments and gives the
 * function's own closure. A parameter ending in `?` may be left out. Names are those that a named argument is matched
 * with: `utf8_safe=true` is `Utf8Safe`.
 *
 * `compile` throws a Failure for what is wrong whatever the record (a bad pattern, a negative limit).
 */
import type { PathHandle, Value, ValueMap } from '../../model/index.ts'
import type { Edit } from '../../model/script.ts'
import type { Services } from '../compiler.ts'
import type { Place } from '../contexts/store.ts'
import type { ContextName } from '../contexts/tables.ts'
import type { Expression, Get, Run, TextOf, Typed } from '../expression.ts'
import type { Float, Int } from '../numbers.ts'
import type { Duration, Time } from '../values.ts'

/** A map that can be read and set as a whole; `remove` where one key can be deleted without reading it. */
export interface MapTarget {
  readonly get: Get<ValueMap>
  readonly set: Place['write']
  readonly remove: Place['remove'] | undefined
  readonly member: Place['member'] | undefined
  /** That of the place. */
  readonly handle: PathHandle | undefined
}
export interface ListTarget {
  readonly get: Get<readonly Value[]>
  readonly set: Place['write']
}

/** A function passed by name: applied to one string. */
export type NamedFunction = (run: Parameters<Get>[0], input: string) => ReturnType<Get>

export interface ParameterTypes {
  readonly any: Expression
  readonly place: Place
  readonly mapTarget: MapTarget
  readonly listTarget: ListTarget
  readonly string: Typed<string>
  readonly stringLike: Typed<string | undefined>
  readonly int: Typed<Int>
  readonly intLike: Typed<Int | undefined>
  readonly float: Typed<Float>
  readonly floatLike: Typed<Float | undefined>
  readonly bool: Typed<boolean>
  readonly boolLike: Typed<boolean | undefined>
  readonly bytesLike: Typed<Uint8Array | undefined>
  readonly map: Typed<ValueMap>
  readonly list: Typed<readonly Value[]>
  readonly time: Typed<Time>
  readonly duration: Typed<Duration>
  /** Literals: they must stand in the statement as they are. */
  readonly literalString: string
  readonly literalInt: Int
  readonly literalFloat: number
  readonly literalFloats: readonly number[]
  readonly literalBool: boolean
  readonly literalStrings: readonly string[]
  /** Lists written out, each item an expression of its own. */
  readonly anyItems: readonly Expression[]
  readonly stringItems: readonly Typed<string>[]
  /** A list written out or an expression that gives one. */
  readonly strings: Typed<readonly string[]>
  readonly stringsLike: Typed<readonly (string | undefined)[]>
  readonly function: NamedFunction
}
export type ParameterKind = keyof ParameterTypes
export type ParameterList = Readonly<Record<string, ParameterKind | `${ParameterKind}?`>>

export type Arguments<P> = {
  readonly [K in keyof P]: P[K] extends ParameterKind
    ? ParameterTypes[P[K]]
    : P[K] extends `${infer Kind extends ParameterKind}?`
      ? ParameterTypes[Kind] | undefined
      : never
}

export interface FunctionSpec {
  readonly name: string
  readonly parameters: ParameterList
  readonly compile: (args: never, services: Services) => Get
  /** The contexts that have it; all when absent. Empty: known, but of no context here. */
  readonly contexts?: readonly ContextName[]
  /** Of editors: the same as data, where it is an edit of attributes that can be told before there is a record. */
  readonly edit?: (args: never) => Edit<Run> | undefined
  /** Of converters of one text: what `compile` does with it. */
  readonly text?: Pick<TextOf, 'change' | 'ascii'>
}

export const define = <const P extends ParameterList>(
  name: string,
  parameters: P,
  compile: (args: Arguments<P>, services: Services) => Get,
  edit?: (args: Arguments<P>) => Edit<Run> | undefined,
): FunctionSpec => ({
  name,
  parameters,
  compile: compile as FunctionSpec['compile'],
  ...(edit && { edit: edit as FunctionSpec['edit'] & {} }),
})

/** The same function, of these contexts only. */
export const only = (contexts: readonly ContextName[], spec: FunctionSpec): FunctionSpec => ({ ...spec, contexts })

/** A converter of one string. */
export const ofString = (
  name: string,
  parameter: string,
  apply: (text: string) => ReturnType<Get>,
  ascii?: TextOf['ascii'],
): FunctionSpec => ({
  ...define(name, { [parameter]: 'string' } as const, (args) => {
    const { get } = (args as Record<string, Typed<string>>)[parameter]!
    return (run) => apply(get(run))
  }),
  text: { change: apply, ascii },
})
