/** Schemas of events: reading, checking, comparing ('seneca-collector/schemas'). */
export { compareVersions, isVersion, parseSchema } from './definition.ts'
export type { JsonSchemaObject, RegisteredSchema } from './definition.ts'
export { compatibilityBreaks, compatibilityModes } from './compatibility.ts'
export type { CompatibilityMode, SchemaBreak } from './compatibility.ts'
export { createSchemas } from './registry.ts'
export type { Breach, EventSchema, Schemas } from './registry.ts'
export { readSchemaFile, readSchemaFiles } from './files.ts'
export type { Migration, SchemaRegistryFace } from './face.ts'
