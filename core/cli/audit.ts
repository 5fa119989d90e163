/** `audit`: is what is stored still what was stored? In the store, and in files that were exported from it. */
import { nextHash } from '../history/chain.ts'
import type { ChainBreak, Verified } from '../history/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { didYouMean } from '../config/index.ts'
import { exitCode } from './exit-codes.ts'
import { readGiven } from './given-files.ts'
import { exportSealed, sealPath } from './history/export.ts'
import { fileHash, isSeal, signatureHolds, type Seal } from './history/seal.ts'
import { storeOptions, withStore, type StoreArguments } from './history/store.ts'
import { defineVerb, jsonOption, type Io } from './verb.ts'
import { plain } from './view/paint.ts'

interface AuditOptions extends StoreArguments {
  readonly json: boolean
  readonly out: string | undefined
  readonly key: string | undefined
  readonly 'public-key': string | undefined
}
type Subverb = (options: AuditOptions, file: string | undefined, io: Io) => Promise<number>

const was: Readonly<Record<ChainBreak['reason'], string>> = {
  changed: 'it was changed',
  missing: 'it is missing',
  misfiled: 'what it is found by (id, time, type, task, agent, severity) is not what it says',
}

const breakText = ({ seq, id, reason }: ChainBreak, checked: number): string =>
  `The chain breaks at event ${seq}${id === '' ? '' : ` (${plain(id)})`}: ${was[reason]}. ${checked} before it are whole.\n`

const verify: Subverb = async (options, _file, io) => {
  const found = (await withStore(options, io, (store) => store.ask('verify'))) as Verified
  const { checked, head, broken, faults } = found
  if (options.json) await io.out(`${JSON.stringify(found)}\n`)
  else {
    await io.out(broken ? breakText(broken, checked) : `The chain is whole: ${checked} events, head ${head}\n`)
    for (const fault of faults) await io.out(`The store is damaged: ${fault}\n`)
  }
  return exitCode(broken || faults.length > 0 ? 'failed' : 'ok')
}

const exportFile: Subverb = async (options, _file, io) => {
  const { out } = options
  if (out === undefined) throw new CollectorError('usage', 'audit export needs --out FILE')
  const seal = await withStore(options, io, (store) => exportSealed(store, out, options.key, io))
  if (options.json) await io.out(`${JSON.stringify(seal)}\n`)
  else
    await io.out(
      `${seal.events} events were written to ${out}, ${seal.signature === undefined ? 'not signed' : 'signed'}; check them with: seneca-collector audit check ${out}\n`,
    )
  return exitCode('ok')
}

const readSeal = (file: string, io: Io): Seal => {
  const path = sealPath(file)
  try {
    const seal: unknown = JSON.parse(readGiven(path, io).toString('utf8'))
    if (isSeal(seal)) return seal
  } catch (error) {
    if (error instanceof CollectorError) throw error
  }
  throw new CollectorError('usage', `${path} is no seal that audit export wrote`)
}

/** What is wrong with a file and its seal; undefined when nothing is. */
const wrongWith = (content: Buffer, seal: Seal, publicKey: string | undefined): string | undefined => {
  const holds = signatureHolds(seal, publicKey)
  if (holds === false) return 'the signature does not hold'
  if (fileHash(content) === seal.sha256) return undefined
  const lines = content.toString('utf8').split('\n').slice(0, -1)
  if (lines.length !== seal.events) return `it has ${lines.length} events, and was sealed with ${seal.events}`
  let head = seal.anchor
  for (const line of lines) head = nextHash(head, line)
  return head === seal.head ? 'its bytes were changed outside of the events' : 'at least one event was changed'
}

const check: Subverb = async (options, file, io) => {
  if (file === undefined) throw new CollectorError('usage', 'audit check needs a FILE that audit export wrote')
  const content = readGiven(file, io)
  const seal = readSeal(file, io)
  const key = options['public-key']
  const publicKey = key === undefined ? undefined : readGiven(key, io).toString('utf8')
  const wrong = wrongWith(content, seal, publicKey)
  const trust =
    seal.signature === undefined
      ? 'It is not signed: whoever can change the file can change its seal too.'
      : publicKey === undefined
        ? 'The signature fits the key in the seal; name the key you trust with --public-key.'
        : 'The signature is by the key you named.'
  if (options.json) await io.out(`${JSON.stringify({ whole: wrong === undefined, wrong: wrong ?? null, ...seal })}\n`)
  else
    await io.out(
      wrong === undefined
        ? `${file} is whole: ${seal.events} events. ${trust}\n`
        : `${file} is not what was exported: ${wrong}.\n`,
    )
  return exitCode(wrong === undefined ? 'ok' : 'failed')
}

const subverbs: Readonly<Record<string, Subverb>> = { verify, export: exportFile, check }

export const verb = defineVerb({
  name: 'audit',
  summary: 'Check that stored events are what they were, and export them so that others can.',
  operands: [
    { name: '<what>', description: 'verify: the store; export: to a sealed file; check: such a file' },
    { name: '[file]', description: 'check: the file' },
  ],
  options: {
    out: { type: 'string', value: 'file', description: 'export: a new file; its seal stands beside it' },
    key: { type: 'string', value: 'file', description: 'export: sign with this private key (PEM; Ed25519, RSA or EC)' },
    'public-key': { type: 'string', value: 'file', description: 'check: the key you trust (PEM)' },
    ...storeOptions,
    ...jsonOption,
  },
  examples: [
    ['audit verify', 'exit code 1 when one byte was changed'],
    ['audit export --out may.jsonl --key audit.pem', 'plain JSON lines, signed'],
    ['audit check may.jsonl --public-key audit.pub.pem', 'on any machine'],
  ],
  async run({ operands: [what = '', file], options }, io) {
    const subverb = Object.hasOwn(subverbs, what) ? subverbs[what] : undefined
    if (subverb) return subverb(options, file, io)
    const known = Object.keys(subverbs)
    throw new CollectorError(
      'usage',
      `audit does not '${what}'; ${didYouMean(what, known) ?? `it does ${known.join(', ')}`}`,
    )
  },
})
