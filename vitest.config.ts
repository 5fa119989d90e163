import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{core,plugins,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
