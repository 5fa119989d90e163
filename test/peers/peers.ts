/**
 * Other people's programs that ours is measured against and talks to: an OpenTelemetry Collector, telemetrygen, h2spec, the NATS
 * and Victoria servers. Each is built once from its Go modules (a pinned version, checksums in `go.sum` or Go's checksum
 * database) and kept in `~/.cache/seneca-collector/peers/NAME-VERSION`, outside the repository. Only tests and the bench
 * ask for one; nothing else builds or downloads them.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { run } from './child.ts'
import { findProgram } from '../setup/programs.ts'
import { withLock } from './lock.ts'

const here = import.meta.dirname
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'seneca-collector/peers')
const GO_WANTED = 'Go 1.26 (go.dev/dl, or "apt-get install golang" where it is new enough)'

interface Recipe {
  readonly version: string
  /** The main package; its last element is the program's name. */
  readonly from: string
  /** A Go module beside this file that pins what the program is made of; without one, `from` at `version` decides. */
  readonly module?: string
  /** Build tags: leaves out what is not needed. */
  readonly tags?: string
}

const recipes = {
  otelcol: { version: '0.158.0', from: '.', module: 'otelcol' },
  telemetrygen: {
    version: '0.161.0',
    from: 'github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen',
    module: 'telemetrygen',
  },
  /** The conformance suite of HTTP/2. */
  h2spec: { version: '2.2.1', from: 'github.com/summerwind/h2spec/cmd/h2spec', module: 'h2spec' },
  /** The reference implementation of the transformation language, for its bench. */
  ottl: { version: '1.4.0', from: '.', module: 'ottl' },
  nats: { version: '0.5.0', from: 'github.com/nats-io/natscli/nats' },
  telegraf: {
    version: '1.37.2',
    from: 'github.com/influxdata/telegraf/cmd/telegraf',
    tags: [
      'custom',
      'inputs.tail',
      'parsers.json',
      'processors.override',
      'processors.rename',
      'processors.strings',
      'outputs.file',
      'outputs.nats',
      'serializers.json',
    ].join(),
  },
  'victoria-logs': { version: '1.52.1', from: 'github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs' },
  'victoria-metrics': { version: '1.151.0', from: 'github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics' },
} as const satisfies Readonly<Record<string, Recipe>>

export type PeerName = keyof typeof recipes

/** The path of a program that runs, or why there is none and what to do about it. */
export type Peer = { readonly program: string } | { readonly program?: undefined; readonly reason: string }

const contentsOf = (folder: string): string => {
  const hash = createHash('sha256')
  for (const file of ['main.go', 'go.mod', 'go.sum'])
    if (existsSync(join(folder, file))) hash.update(readFileSync(join(folder, file)))
  return hash.digest('hex').slice(0, 8)
}

const go = (): string | undefined =>
  findProgram('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined)

const build = async (name: PeerName, recipe: Recipe, target: string): Promise<Peer> => {
  const compiler = go()
  if (compiler === undefined) return { reason: `${name} is not built here and needs ${GO_WANTED}` }
  const bin = mkdtempSync(join(CACHE, `${name}-part-`))
  const module = recipe.module === undefined ? undefined : join(here, recipe.module)
  const verb = module === undefined ? ['install'] : ['build', '-o', join(bin, name)]
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags=-s -w', ...(recipe.tags ? ['-tags', recipe.tags] : [])]
  const from = module === undefined ? `${recipe.from}@v${recipe.version}` : recipe.from
  try {
    const { code, errors } = await run(compiler, [...verb, ...flags, from], {
      cwd: module ?? CACHE,
      env: { ...process.env, GOBIN: bin, GOFLAGS: '', GOWORK: 'off', CGO_ENABLED: '0' },
    })
    if (code !== 0) return { reason: `${name} ${recipe.version} could not be built: ${errors.trim().slice(-500)}` }
    renameSync(join(bin, name), target)
    return { program: target }
  } finally {
    rmSync(bin, { recursive: true, force: true })
  }
}

const found = new Map<PeerName, Promise<Peer>>()

const obtain = async (name: PeerName): Promise<Peer> => {
  const recipe: Recipe = recipes[name]
  const contents = recipe.module === undefined ? '' : `-${contentsOf(join(here, recipe.module))}`
  const target = join(CACHE, `${name}-${recipe.version}${contents}`)
  if (existsSync(target)) return { program: target }
  mkdirSync(CACHE, { recursive: true })
  const result = await withLock(join(CACHE, `${name}.lock`), async () =>
    existsSync(target) ? { program: target } : build(name, recipe, target),
  )
  if (result.program === undefined && process.env['CI']) throw new Error(result.reason)
  return result
}

/**
 * The program of that name, built when it is not in the cache yet (otelcol and telemetrygen: minutes of two cores; several
 * askers wait for one build). Where it cannot be had the answer says why, so that a test can skip; in CI it throws.
 */
export const peer = (name: PeerName): Promise<Peer> => {
  const known = found.get(name) ?? obtain(name)
  found.set(name, known)
  return known
}

/** A program that is not built here: on the PATH, or put into the cache folder by its name (`fluent-bit-5.1.1`). */
export const findPeer = (name: string): Peer => {
  const kept = existsSync(CACHE)
    ? readdirSync(CACHE).find((file) => file === name || file.startsWith(`${name}-`))
    : undefined
  const program = findProgram(name) ?? (kept === undefined ? undefined : join(CACHE, kept))
  return program === undefined ? { reason: `${name} is neither on the PATH nor in ${CACHE}` } : { program }
}
