import { defineConfig } from 'vitest/config'
import { closingLine } from './test/setup/closing-line.ts'

/** Days replayed at many times their speed: they want the machine for themselves, so they run last and one by one. */
const replays = 'test/marcus/**/*.test.ts'

export default defineConfig({
  resolve: {
    alias: [
      { find: /^seneca-collector$/, replacement: new URL('./core/kit/index.ts', import.meta.url).pathname },
      { find: /^seneca-collector\/testing$/, replacement: new URL('./core/kit/testing.ts', import.meta.url).pathname },
      {
        // Every other subpath is a folder of core.
        find: /^seneca-collector\/(?!testing$)([a-z]+)$/,
        replacement: new URL('./core', import.meta.url).pathname + '/$1/index.ts',
      },
    ],
  },
  test: {
    globalSetup: ['test/setup/node-version.ts', 'test/setup/temporary-folder.ts', 'test/setup/programs.ts'],
    reporters: ['default', closingLine],
    pool: 'forks',
    // For what hangs: no test says by them how fast something is, and the machine may be busy with a peer that is being built.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['{core,plugins,test}/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'dist/**', replays],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'replays', include: [replays], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
