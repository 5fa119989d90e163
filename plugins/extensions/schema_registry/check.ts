/** What can be wrong with migrations and files before anything runs. */
import { CollectorError, type CheckInfo, type ConfigProblem, type Infer } from 'seneca-collector'
import { compileStatements, toConfigProblems } from 'seneca-collector/ottl'
import { compareVersions, createSchemas, isVersion, readSchemaFiles } from 'seneca-collector/schemas'
import type { schema } from './schema.ts'

type Config = Infer<typeof schema>

function* migrationProblems({ migrations }: Config): Iterable<ConfigProblem> {
  const seen = new Map<string, string>()
  for (const [i, { name, type, from, to, statements }] of migrations.entries()) {
    const at = ['migrations', i]
    const odd = [from, to].find((version) => !isVersion(version))
    if (odd !== undefined) yield { path: at, message: `'${odd}' is no version; write "1.0" or "2"` }
    else if (compareVersions(from, to) >= 0)
      yield { path: [...at, 'to'], message: `a migration leads to a newer version; ${to} is not newer than ${from}` }
    const key = `${type} ${from}`
    const other = seen.get(key)
    if (other !== undefined)
      yield { path: at, message: `'${other}' already takes version ${from} of '${type}'; two would be ambiguous` }
    seen.set(key, name)
    const { problems } = compileStatements(statements, { context: 'event' })
    yield* toConfigProblems([...at, 'statements'], problems)
  }
}

export function* check(config: Config, { folder }: CheckInfo): Iterable<ConfigProblem> {
  yield* migrationProblems(config)
  try {
    createSchemas(readSchemaFiles(config.schemas, folder))
  } catch (error) {
    yield { path: ['schemas'], message: CollectorError.from(error).message }
  }
}
