import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { run } from '../../../tools/lab/simulators/run'

jest.setTimeout(120_000)

/** Runs shell commands in the project's folder, and gives what they print. */
async function shell(commands: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands])
  return stdout
}

describe('npm run lab simulators', () => {
  it('prints commands that work when pasted: they install, send an event and find the contact', async () => {
    const tsx = require.resolve('tsx/cli')
    const child = spawn(process.execPath, [tsx, 'tools/lab/simulators/run.ts'], { env: { ...process.env, PORT: '0' } })
    try {
      const [greeting] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
      const [keys = '', ...commands] = greeting.match(/^ {2}\S[^]*?[^\\]$/gm) ?? []
      const [install = '', send = '', find = '', exportAll = ''] = commands
      expect(await shell(`${keys}\n${install}\n${send}`)).toMatch(/\nDone: the destination is created, [^]*"status":1/)
      let found = '[]'
      while (found === '[]') found = await shell(`${keys}\n${find}`)
      const directory = mkdtempSync(join(tmpdir(), 'posthog-api-'))
      await shell(`${keys}\n${exportAll.replace('contacts.csv', `${directory}/contacts.csv`)}`)
      expect(readFileSync(join(directory, 'contacts.csv'), 'utf8')).toContain('grace@example.com')
      rmSync(directory, { recursive: true })
      expect(JSON.parse(found)).toMatchObject([{ email: 'ada@example.com', firstName: 'Ada', userId: 'user_1' }])
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })

  it.each([
    [['tomorrow'], {}, 'Usage: npm run lab simulators -- [apps|addOn|destinations2025|destinations]\n'],
    [[], { PORT: 'http' }, 'PORT must be from 0 to 65534.\n'],
  ])('%j %j', async (args, environment, sentence) => {
    let told = ''
    const code = await run(args, environment, { say: () => undefined, tell: (text) => (told += text) })
    expect([code, told]).toEqual([1, sentence])
  })
})
