/**
 * An attribute's value as a label's, as the OpenTelemetry Collector writes it: text bare, bytes in base64, the rest JSON with
 * sorted keys.
 */
import type { Value } from '../model/types.ts'
import { textOf } from '../ottl/index.ts'

export const valueText: (value: Value) => string = textOf
