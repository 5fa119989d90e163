/** The marcus receiver: everything a Marcus writes and says, as typed events. See README.md. */
import { definePlugin } from 'seneca-collector'
import { schema } from './options.ts'
import { createReceiver } from './receiver.ts'

export default definePlugin({
  kind: 'receiver',
  type: 'marcus',
  signals: ['logs'],
  stability: 'beta',
  summary:
    'Watches a Marcus and its agents: logs, databases, state files and MCP endpoint become typed events, each fact once.',
  schema,
  examples: [
    { title: 'the Marcus of this machine', yaml: '{}' },
    { title: 'a Marcus in a folder, files only', yaml: 'folder: ./marcus\nendpoint: none' },
    { title: 'a day as Marcus left it', yaml: 'folder: ./yesterday\nmode: backfill' },
  ],
  *check(config) {
    if (config.endpoint !== 'auto' && config.endpoint !== 'none' && !/^https?:\/\/\S+$/.test(config.endpoint)) {
      yield { path: ['endpoint'], message: `'${config.endpoint}' is neither auto, none nor a URL` }
    }
    if (config.mode === 'backfill' && config.folder === undefined && config.logs === undefined) {
      yield {
        path: ['mode'],
        message: 'a backfill needs the folder of the Marcus it reads',
        suggestion: 'add `folder:`',
      }
    }
  },
  create: (ctx, config) => createReceiver(ctx, config),
})
