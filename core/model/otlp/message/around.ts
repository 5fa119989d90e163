/**
 * What stands around records, the same for every signal: ResourceX { 1: Resource, 3: schema_url } beside its scopes, and
 * ScopeX { 1: Scope, 3: schema_url } beside its records.
 */
import { describe, field, Kind } from './describe.ts'

export const resource = describe('resource', [
  field(1, 'attributes', Kind.entries),
  field(2, 'dropped_attributes_count', Kind.uint32),
])

export const scope = describe('scope', [
  field(1, 'name', Kind.text),
  field(2, 'version', Kind.text),
  field(3, 'attributes', Kind.entries),
  field(4, 'dropped_attributes_count', Kind.uint32),
])

export const resourceAround = describe('what stands around scopes', [
  field(1, 'resource', Kind.message, { message: resource }),
  field(3, 'schema_url', Kind.text),
])

export const scopeAround = describe('what stands around records', [
  field(1, 'scope', Kind.message, { message: scope }),
  field(3, 'schema_url', Kind.text),
])
