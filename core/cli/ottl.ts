import { CollectorError } from '../kit/errors.ts'
import { didYouMean } from '../config/index.ts'
import type { ContextName } from '../ottl/index.ts'
import { defineVerb, jsonOption } from './verb.ts'

const works = ['try', 'test', 'eval']

export const verb = defineVerb({
  name: 'ottl',
  summary: 'Try, test and evaluate statements of the transformation language.',
  operands: [
    { name: '<work>', description: 'try: show what statements change; test: run test files; eval: answer cases' },
    { name: '[argument...]', description: 'statements to try, or files to test' },
  ],
  options: {
    context: {
      type: 'string',
      value: 'name',
      description: 'the context of paths that name none (try)',
      choices: ['log', 'event'],
      default: 'log',
    },
    ...jsonOption,
  },
  examples: [
    [`ottl try 'set(attributes["env"], "prod")' < record.json`, 'the difference it makes'],
    ['ottl test statements.test.yaml', 'statements, record before, record after; coverage'],
    ['ottl eval < cases.ndjson', 'one case a line in, one answer a line out'],
  ],
  async run({ operands, options }, io) {
    const [work = '', ...rest] = operands
    switch (work) {
      case 'try': {
        const { tryStatements } = await import('./ottl/try.ts')
        return tryStatements(rest, { context: options.context as ContextName, json: options.json }, io)
      }
      case 'test': {
        const { testFiles } = await import('./ottl/test-files.ts')
        return testFiles(rest, options.json, io)
      }
      case 'eval': {
        const { evaluate } = await import('./ottl/eval.ts')
        return evaluate(io)
      }
      default: {
        const hint = didYouMean(work, works) ?? `it does ${works.join(', ')}`
        throw new CollectorError('usage', `ottl does not '${work}'; ${hint}`)
      }
    }
  },
})
