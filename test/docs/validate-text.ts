/** A configuration's problems as a person would read them; none when it is valid. Warnings are left out. */
import { loadConfig, renderProblem } from '../../core/config/index.ts'
import { loadPlugin } from '../../core/engine/loader.ts'

/** `folder` is where relative paths start. */
export const validateText = async (yaml: string, folder: string): Promise<readonly string[]> => {
  const loaded = await loadConfig({ files: [`yaml:${yaml}`], env: {}, cwd: folder, allowUnset: true, loadPlugin })
  return loaded.problems.filter((problem) => problem.severity !== 'warning').map((problem) => renderProblem(problem))
}
