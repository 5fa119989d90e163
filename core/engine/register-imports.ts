/**
 * Imported for its effect: from here on, `seneca-collector` and its subpaths are the running collector, wherever the
 * importing file lies. So a lone plugin file needs no install beside it, and never gets a second copy of the collector.
 * Hooks are not inherited by threads and child processes: they load this module with `--import`.
 */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

const SELF = 'seneca-collector'
/** `seneca-plugin:<folder>|<package>` is a package as seen from a folder. */
const SCHEME = 'seneca-plugin:'

export const packageSpecifier = (name: string, folder: string): string =>
  `${SCHEME}${encodeURIComponent(folder)}|${encodeURIComponent(name)}`

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === SELF || specifier.startsWith(`${SELF}/`))
      return next(specifier, { ...context, parentURL: import.meta.url })
    if (!specifier.startsWith(SCHEME)) return next(specifier, context)
    const [folder = '', name = ''] = specifier.slice(SCHEME.length).split('|').map(decodeURIComponent)
    return next(name, { ...context, parentURL: pathToFileURL(`${folder}/collector.yaml`).href })
  },
})
