import { countOf, renderProblems } from '../config/index.ts'
import { toJson } from '../control/json.ts'
import { exitCode } from './exit-codes.ts'
import { configFiles, load } from './load.ts'
import { configOptions, defineVerb, jsonOption } from './verb.ts'

export const verb = defineVerb({
  name: 'validate',
  summary: 'Check a configuration: every mistake at once, with its place and what to do.',
  options: {
    ...configOptions,
    ...jsonOption,
    strict: { type: 'boolean', description: 'warnings count as errors' },
  },
  examples: [
    ['validate', 'checks collector.yaml'],
    ['validate -c base.yaml -c local.yaml', 'checks two files merged'],
  ],
  async run({ options }, io) {
    const { config, problems } = await load(options, io)
    const good = config !== undefined && !(options.strict && problems.length > 0)
    if (options.json) await io.out(`${toJson({ valid: good, problems }, 2)}\n`)
    else {
      if (problems.length > 0) io.err(`${renderProblems(problems)}\n\n`)
      const files = configFiles(options, io).join(' + ')
      const count = problems.length > 0 ? ` (${countOf(problems)})` : ''
      if (good)
        await io.out(
          `${files} is valid${count}: ${config.pipelines.length} pipeline${config.pipelines.length === 1 ? '' : 's'}, ${config.components.size} components\n`,
        )
      else io.err(`${files} is not valid${count}\n`)
    }
    return exitCode(good ? 'ok' : 'config')
  },
})
