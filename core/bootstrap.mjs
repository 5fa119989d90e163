#!/usr/bin/env node
/**
 * The only source that is not TypeScript, so that it runs on any Node from 18: it installs what is missing, checks the
 * version, says one clear sentence when something cannot be, and goes on under the Node 24 of `node_modules`.
 *
 *   node core/bootstrap.mjs VERB …        the command line (core/main.ts)
 *   node core/bootstrap.mjs --test …      all tests (vitest)
 *   node core/bootstrap.mjs --bundle      what npm does at the end of an install: see core/bundle.ts
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as module from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NODE_WANTED = 24
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const bundledNode = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
const stampFile = join(modules, '.seneca-installed')
const source = existsSync(join(root, 'core', 'main.ts'))

const fail = (sentence) => {
  process.stderr.write(`seneca-collector: ${sentence}\n`)
  process.exit(1)
}

const majorOf = (version) => Number(/^v?(\d+)/.exec(version)?.[1] ?? 0)

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

const installed = () =>
  existsSync(bundledNode) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash()

/**
 * Installs what the lock file names, once for each state of it; npm's chatter appears only when it fails. Not `npm ci`: it
 * refuses a lock file without the optional binaries of platforms that the machine which wrote it could not see.
 */
const install = () => {
  if (installed()) return
  process.stderr.write('seneca-collector: installing what it needs into node_modules (once, about a minute) …\n')
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    env: { ...process.env, npm_config_ignore_scripts: 'false' },
  })
  if (npm.error) fail(`npm could not be started (${npm.error.message}); install npm 9 or newer and try again.`)
  if (npm.status !== 0) fail(`npm install failed with code ${npm.status}; its last words were:\n${npm.stderr.trim()}`)
  if (!existsSync(bundledNode)) {
    fail('npm installed no Node 24 (install scripts are switched off?); run "npm install --ignore-scripts=false" once.')
  }
  mkdirSync(modules, { recursive: true })
  writeFileSync(stampFile, lockHash())
}

/** The version of the checkout's own Node, without asking it. */
const bundledVersion = () => {
  try {
    return JSON.parse(readFileSync(join(modules, 'node', 'package.json'), 'utf8')).version
  } catch {
    return ''
  }
}

/** The Node to go on with where this one is too old. */
const nodeToUse = () => {
  if (existsSync(bundledNode) && majorOf(bundledVersion()) >= NODE_WANTED) return bundledNode
  return fail(
    `needs Node ${NODE_WANTED} or newer, and this is ${process.version}; try "npx -p node@${NODE_WANTED} -p seneca-collector seneca-collector".`,
  )
}

/** The environment of what comes next: our tools on the path, and its compiled code kept from the first line on. */
const environment = (more) => {
  const bin = join(modules, '.bin')
  const separator = process.platform === 'win32' ? ';' : ':'
  return {
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    ...process.env,
    PATH: existsSync(bin) ? `${bin}${separator}${process.env.PATH ?? ''}` : process.env.PATH,
    ...more,
  }
}

/** Goes on in a process of its own, or in place of this one where Node can do that. */
const spawnNode = (args, more = {}) => {
  const node = nodeToUse()
  const env = environment(more)
  if (process.execve && process.platform !== 'win32') process.execve(node, [node, ...args], env)
  const child = spawn(node, args, { stdio: 'inherit', shell: process.platform === 'win32', env })
  // A terminal sends Ctrl-C to the whole group; a supervisor signals only us, so pass it on. The child decides when it is over.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', (error) => fail(`could not start: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, signal)
    else process.exit(code ?? 1)
  })
}

/** A bundle makes the start faster, and that is all: an install that cannot have one is as good. */
const bundle = () => {
  const node = existsSync(bundledNode) ? bundledNode : process.execPath
  const made = spawnSync(node, [join(root, 'test', 'package', 'bundle.ts')], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (made.status === 0) return
  const why = made.error?.message ?? /^\w*Error.*$/m.exec(made.stderr)?.[0] ?? `code ${made.status}`
  process.stderr.write(`seneca-collector: not bundled (${why}); it starts from its sources, which takes longer.\n`)
}

const args = process.argv.slice(2)
if (majorOf(process.version) < 18) fail(`needs Node 18 or newer to install itself, and this is ${process.version}.`)
if (source && args[0] !== '--bundle') install()
// A Node that is new enough goes on in this process: a second one beside it would cost memory and time.
const run = async (script, scriptArgs, more = {}) => {
  if (majorOf(process.version) < NODE_WANTED) return spawnNode([script, ...scriptArgs], more)
  Object.assign(process.env, environment(more))
  module.enableCompileCache()
  process.argv.splice(1, process.argv.length, script, ...scriptArgs)
  await import(pathToFileURL(script).href)
}

if (args[0] === '--bundle') bundle()
else if (args[0] === '--test') {
  await run(join(modules, 'vitest', 'vitest.mjs'), ['run', '--root', root, ...args.slice(1)])
} else {
  // How a person calls us, for hints that can be pasted.
  const command = process.env.SENECA_COMMAND ?? (source ? 'npm run -s seneca-collector --' : 'seneca-collector')
  await run(join(root, 'core', source ? 'main.ts' : 'main.js'), args, { SENECA_COMMAND: command })
}
