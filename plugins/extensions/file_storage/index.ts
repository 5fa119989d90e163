/** Keeps components' state in a folder of one's own choosing; the store itself is 'seneca-collector/storage'. */
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { CollectorError, definePlugin, type JsonSchema, type StorageFace } from 'seneca-collector'
import { openStateStorage, type SyncPolicy } from 'seneca-collector/storage'

const schema = {
  type: 'object',
  properties: {
    directory: {
      type: 'string',
      minLength: 1,
      default: '/var/lib/otelcol/file_storage',
      exclusive: 'file',
      description: 'The folder; relative paths start at the configuration file.',
    },
    create_directory: { type: 'boolean', default: false, description: 'Make the folder when it is missing.' },
    sync: {
      type: 'string',
      enum: ['commit', 'interval', 'none'],
      description:
        'When a change is on the disk: with its commit, now and then, or when the system likes. Default: commit.',
    },
    fsync: { type: 'boolean', description: 'The older spelling: `true` is `sync: commit`, `false` is `sync: none`.' },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'Accepted for compatibility: the folder’s lock is taken at once or not at all.',
    },
  },
} as const satisfies JsonSchema

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()

export default definePlugin({
  kind: 'extension',
  type: 'file_storage',
  signals: [],
  stability: 'stable',
  provides: ['storage'],
  summary: 'Keeps checkpoints and other small state of components in a folder.',
  schema,
  examples: [{ title: 'beside the configuration', yaml: 'directory: ./state\ncreate_directory: true' }],
  *check(config, { folder }) {
    if (config.sync !== undefined && config.fsync !== undefined) {
      yield { path: ['fsync'], message: '`sync` and `fsync` say the same thing twice; keep `sync`' }
    }
    if (!config.create_directory && !isFolder(resolve(folder, config.directory))) {
      const path = resolve(folder, config.directory)
      yield {
        path: ['directory'],
        message: `${path} is no folder`,
        suggestion: 'make it, or set create_directory: true',
      }
    }
  },
  create(ctx, config) {
    const directory = resolve(ctx.folder, config.directory)
    const sync: SyncPolicy = config.sync ?? (config.fsync === false ? 'none' : 'commit')
    if (!config.create_directory && !isFolder(directory)) {
      throw new CollectorError('start_failed', `${directory} is no folder; make it, or set create_directory: true`)
    }
    const storage = openStateStorage({ directory, sync })
    if (storage.movedAside !== undefined) {
      ctx.log.warn('the state was damaged; it was moved aside and starts empty', { moved_to: storage.movedAside })
    }
    const face: StorageFace = { store: (component) => storage.scoped(component), folder: { path: directory, sync } }
    return {
      face,
      stop: () => storage.close(),
      inspect: (topic) => (topic === '' ? { directory, sync, moved_aside: storage.movedAside ?? null } : undefined),
    }
  },
})
