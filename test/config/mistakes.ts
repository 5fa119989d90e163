/**
 * Mistakes as files: `mistakes/<name>.yaml` is the configuration, `mistakes/<name>.txt` exactly what a person is told.
 * Comment lines at the top of the YAML give the surroundings: `# env: NAME=value …` and `# set: path=value`.
 * `node test/config/mistakes.ts` writes the texts anew, for reading before committing.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { countOf, loadConfig, renderProblems } from '../../core/config/index.ts'
import { loadPlugin } from '../../core/engine/loader.ts'

const folder = join(import.meta.dirname, 'mistakes')

export const names = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length))

const surroundings = (yaml: string) => {
  const env: Record<string, string> = {}
  const set: string[] = []
  for (const [, kind, text = ''] of yaml.matchAll(/^# (env|set): (.*)$/gm)) {
    if (kind === 'set') set.push(text)
    else for (const [, name = '', value = ''] of text.matchAll(/(\w+)=(\S+)/g)) env[name] = value
  }
  return { env, set }
}

/** What a person is told. */
export const report = async (name: string): Promise<string> => {
  const file = `${name}.yaml`
  const { env, set } = surroundings(readFileSync(join(folder, file), 'utf8'))
  const { problems, config } = await loadConfig({ files: [file], set, env, cwd: folder, loadPlugin })
  const verdict = config === undefined ? 'invalid' : 'valid'
  // The folder of the checkout differs from machine to machine.
  return `${renderProblems(problems)}\n\n${verdict}: ${countOf(problems)}\n`.replaceAll(folder, '<folder>')
}

export const expected = (name: string): string => readFileSync(join(folder, `${name}.txt`), 'utf8')

if (import.meta.main) for (const name of names) writeFileSync(join(folder, `${name}.txt`), await report(name))
