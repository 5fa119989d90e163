/** `trace_state["key"]`: a member of a W3C trace state. One that is set moves to the front; a broken state is left alone. */
import { path } from '../../model/index.ts'
import { Failure, typeName } from '../values.ts'
import { keyName } from './keys.ts'
import type { CompiledKey } from './keys.ts'
import { put } from './store.ts'
import type { Place } from './store.ts'

const handle = path(['trace_state'])
const KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/
const MEMBERS_MAX = 32

/** Undefined when it is no trace state. */
const parse = (text: string): Map<string, string> | undefined => {
  const members = new Map<string, string>()
  for (const part of text.split(',')) {
    const member = part.replaceAll(/^[ \t]+|[ \t]+$/g, '')
    if (member === '') continue
    const equals = member.indexOf('=')
    const [key, value] = [member.slice(0, equals), member.slice(equals + 1)]
    if (equals < 0 || !KEY.test(key) || !VALUE.test(value) || members.has(key) || members.size === MEMBERS_MAX)
      return undefined
    members.set(key, value)
  }
  return members
}

export const traceStateKey = (keys: readonly CompiledKey[]): Place => {
  const [key] = keys
  if (key === undefined || keys.length !== 1) throw new Failure('trace_state is indexed with exactly one key')
  return {
    read: (run) => {
      const members = parse((run.record.get(handle) as string | undefined) ?? '')
      return members === undefined ? null : (members.get(keyName(key, run)) ?? '')
    },
    write: (run, value) => {
      if (typeof value !== 'string') throw new Failure(`expected string but got ${typeName(value)}`)
      const members = parse((run.record.get(handle) as string | undefined) ?? '')
      const name = keyName(key, run)
      if (members === undefined || !KEY.test(name) || !VALUE.test(value)) return
      members.delete(name)
      const others = [...members].map((member) => member.join('=')).slice(0, MEMBERS_MAX - 1)
      put(run, handle, [`${name}=${value}`, ...others].join(','))
    },
  }
}
