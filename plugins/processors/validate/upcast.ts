/** The registry's migrations as programs, ordered so that a chain runs in one pass: 1.0 → 2.0 → 3.0. */
import { compileStatements, type Program } from 'seneca-collector/ottl'
import { compareVersions, type Migration } from 'seneca-collector/schemas'

const quoted = (text: string): string => JSON.stringify(text)

const programOf = ({ name, type, from, to, statements }: Migration): Program =>
  compileStatements(
    [
      ...statements,
      `set(version, ${quoted(to)})`,
      `set(metadata["migrations"], []) where metadata["migrations"] == nil`,
      `append(metadata["migrations"], ${quoted(name)})`,
    ],
    { context: 'event', conditions: [`type == ${quoted(type)} and version == ${quoted(from)}`] },
  )

export const createUpcasts = (migrations: readonly Migration[]): readonly Program[] =>
  migrations.toSorted((a, b) => compareVersions(a.from, b.from)).map(programOf)
