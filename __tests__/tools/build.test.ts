import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(__dirname, '../..')

describe('dist/', () => {
  it('is what index.ts, src/ and destination/ give', () => {
    // Prettier and ts-blank-space are ECMAScript modules, which Jest cannot load.
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'tools/build/main.ts', '--check'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

describe('dist/index.js', () => {
  it('has two imports and one function scope after them', () => {
    const lines = readFileSync(join(root, 'dist/index.js'), 'utf8').split('\n')
    const [first, ...topLevel] = lines.filter((line) => /^\S/.test(line))
    expect(first).toMatch(/^\/\/ Built from index\.ts and src\/ by `npm run build`/)
    expect(topLevel).toEqual([
      `import { RetryError } from '@posthog/plugin-scaffold'`,
      `import fetch from 'node-fetch'`,
      'export const { composeWebhook, jobs, onEvent, setupPlugin } = (() => {',
      '})()',
    ])
  })
})
