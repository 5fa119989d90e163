/** Mistakes in a webhook's options that a schema cannot see. */
import type { CheckInfo, ConfigProblem } from 'seneca-collector'
import { isLinkLocal, tlsProblems } from 'seneca-collector/http'
import { checkConditions } from 'seneca-collector/ottl'
import { builtIn } from './bodies.ts'
import type { Config } from './options.ts'
import { keyProblem } from './signature.ts'
import { templateProblem } from './template.ts'

export const isJson = (contentType: string): boolean => /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType)

const urlProblem = (text: string): string | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return 'is no http or https URL'
  return isLinkLocal(url.hostname) ? 'leads to a link-local address, which is refused' : undefined
}

const templateProblems = function* (config: Config): Generator<ConfigProblem> {
  const { template } = config
  if (Object.hasOwn(builtIn, template)) return
  if (!template.includes('{{') && /^\w+$/.test(template)) {
    yield {
      path: ['template'],
      message: `there is no template "${template}"; there are ${Object.keys(builtIn).join(', ')}, or a text with {{ places }}`,
    }
    return
  }
  const problem = templateProblem(template, isJson(config.content_type))
  if (problem !== undefined) yield { path: ['template'], ...problem }
  if (config.group)
    yield { path: ['group'], message: 'a template of your own is filled for one event; it cannot be grouped' }
}

export const check = function* (config: Config, info: CheckInfo): Generator<ConfigProblem> {
  yield* tlsProblems(config.tls, info.folder)
  const url = urlProblem(config.url.reveal())
  if (url !== undefined) yield { path: ['url'], message: `the URL ${url}` }
  yield* templateProblems(config)
  for (const { message, offset, length, suggestion } of config.condition === undefined
    ? []
    : checkConditions([config.condition], { context: 'event' })) {
    yield { path: ['condition'], message, offset, length, ...(suggestion === undefined ? {} : { suggestion }) }
  }
  for (const key of ['secret', 'previous_secret'] as const) {
    const secret = config[key]
    const problem = secret === undefined ? undefined : keyProblem(secret.reveal())
    if (problem !== undefined) yield { path: [key], ...problem }
  }
}
