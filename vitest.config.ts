import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    alias: [
      { find: /^seneca-collector$/, replacement: new URL('./core/kit/index.ts', import.meta.url).pathname },
      { find: /^seneca-collector\/testing$/, replacement: new URL('./core/kit/testing.ts', import.meta.url).pathname },
      {
        find: /^seneca-collector\/(ottl|events|tail|mcp|http|analysis|storage)$/,
        replacement: new URL('./core', import.meta.url).pathname + '/$1/index.ts',
      },
    ],
  },
  test: {
    globalSetup: ['test/setup/node-version.ts', 'test/setup/programs.ts'],
    include: ['{core,plugins,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
