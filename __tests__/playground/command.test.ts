import { execFile } from 'node:child_process'
import { port } from './setup'

jest.setTimeout(60_000)

describe('npm run playground', () => {
  function start(environment: Record<string, string>): Promise<{ code: unknown; told: string }> {
    return new Promise((resolve) => {
      const tsx = require.resolve('tsx/cli')
      const env = { ...process.env, ...environment }
      execFile(process.execPath, [tsx, 'tools/playground/server.ts'], { env }, (error, _said, told) => {
        resolve({ code: error?.code, told })
      })
    })
  }

  test('says in one sentence that its port is taken', async () => {
    expect(await start({ PORT: String(port) })).toEqual({
      code: 1,
      told: `Port ${port} is taken. Choose another: PORT=${port + 1} npm run playground\n`,
    })
  })

  test('says in one sentence that its port is none', async () => {
    expect(await start({ PORT: 'http' })).toEqual({ code: 1, told: 'PORT must be a number from 1 to 65535.\n' })
  })
})
