import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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

/** Runs the simulators at any free ports, and gives what they print: the greeting first, then the lines so far. */
async function simulating(
  args: readonly string[],
  use: (greeting: string, lines: () => string) => Promise<void>,
): Promise<void> {
  const tsx = require.resolve('tsx/cli')
  const command = [tsx, 'tools/lab/simulators/run.ts', ...args]
  const child = spawn(process.execPath, command, { env: { ...process.env, PORT: '0' } })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  try {
    await once(child.stdout, 'data')
    const greeting = said
    await use(greeting, () => said.slice(greeting.length))
  } finally {
    child.kill()
    await once(child, 'exit')
  }
}

/** The commands of the greeting, the environment first. */
function commandsIn(greeting: string): string[] {
  return greeting.match(/^ {2}\S[^]*?[^\\]$/gm) ?? []
}

describe('npm run lab simulators', () => {
  it('prints commands that work when pasted: they install, send an event and find the contact', async () => {
    await simulating([], async (greeting, lines) => {
      const [keys = '', install = '', send = '', find = '', exportAll = ''] = commandsIn(greeting)
      const installed = await shell(`${keys}\n${install}\n${send}`)
      expect(installed).toMatch(/\nDone: the destination is created, [^]*"status":1/)
      let found = '[]'
      while (found === '[]') found = await shell(`${keys}\n${find}`)
      const directory = mkdtempSync(join(tmpdir(), 'posthog-api-'))
      await shell(`${keys}\n${exportAll.replace('contacts.csv', `${directory}/contacts.csv`)}`)
      expect(readFileSync(join(directory, 'contacts.csv'), 'utf8')).toContain('grace@example.com')
      rmSync(directory, { recursive: true })
      expect(JSON.parse(found)).toMatchObject([{ email: 'ada@example.com', firstName: 'Ada', userId: 'user_1' }])
      expect(lines()).toContain('PostHog: POST /api/projects/7/hog_functions/ 201\n')
      expect(lines()).toContain('Loops: PUT /api/v1/contacts/update 200\n')
      expect(lines()).toContain('Event "$identify": Update contacts: accepted (200).\n')
      expect(lines()).toContain('PostHog: GET /api/projects/@current/ 200\n')
      expect(lines()).not.toMatch(/[^/]@|_key|simulator-key/)
      const page = /\bat (http:\S+\/functions\/\S+)/.exec(installed)?.[1] ?? ''
      expect(await shell(`curl -sf ${page}`)).toMatch(
        /^The destination "Loops: contacts and events" is on\. A simulator has no pages/,
      )
    })
  })

  it('prints what became of each event', async () => {
    await simulating([], async (greeting, lines) => {
      const [keys = '', install = '', send = ''] = commandsIn(greeting)
      const [url = ''] = /http:\S+\/capture\//.exec(send) ?? []
      const capture = (event: object) =>
        `curl -s ${url} -H 'Content-Type: application/json' -d '${JSON.stringify(event)}'`
      const events = [
        { event: 'purchase', distinct_id: 'user_1' },
        { event: 'User signed up', distinct_id: 'user_1' },
        { event: 'user signed up', distinct_id: 'guest' },
        { event: 'user signed up', distinct_id: 'ada@example.com' },
        { distinct_id: 'user_1' },
      ]
      await shell(`${keys}\n${send}\n${install}\n${events.map(capture).join('; sleep 0.5; ')}`)
      const isEnd = /PostHog: POST \/capture\/ 400/
      while (!isEnd.test(lines())) await new Promise((resolve) => setTimeout(resolve, 100))
      expect(lines().match(/^(Event.*|PostHog: POST \/capture.*)$/gm)).toEqual([
        'Event "$identify": the project has no enabled destination.',
        'Event "purchase": The event matches no setting: no mapping has its name.',
        'Event "User signed up": The event matches no setting: "User signed up" differs from "user signed up" only in capitals.',
        'Event "user signed up": Send events: Nothing is sent: the event has no email, and its distinct_id "guest" is shared by many people.',
        'Event "user signed up": Send events: Loops answered 400: Contact not found. The user ID is an email: write ' +
          '{[person.properties.email, event.distinct_id]} in "Email of the user".',
        'PostHog: POST /capture/ 400',
      ])
      expect(lines()).toContain('Loops: POST /api/v1/events/send 400 Contact not found.\n')
      expect(lines()).not.toMatch(/[^/]@/)
    })
  })

  it.each(['apps', 'addOn'])('prints no command for %s that this server refuses', async (generation) => {
    await simulating([generation], async (greeting, lines) => {
      const [keys = '', send = '', ...others] = commandsIn(greeting)
      expect(greeting).toContain('npm start')
      expect(greeting).not.toContain('--events')
      expect(others).toEqual([expect.stringContaining('npm run export-contacts')])
      await shell(`${keys}\n${send}`)
      while (!lines().includes('Event')) await new Promise((resolve) => setTimeout(resolve, 100))
      const what = generation === 'apps' ? 'this server has no destinations' : 'the project has no enabled destination'
      expect(lines()).toContain(`Event "$identify": ${what}.\n`)
    })
  })

  it('names other ports where one is taken, and ends', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    const { port } = blocker.address() as AddressInfo
    for (const first of [port, port - 1]) {
      const command = [require.resolve('tsx/cli'), 'tools/lab/simulators/run.ts', 'apps']
      const { status, stderr } = spawnSync(process.execPath, command, {
        env: { ...process.env, PORT: String(first) },
        encoding: 'utf8',
        timeout: 30_000,
      })
      const others = first + 10
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: `Port ${port} is taken. Choose others: PORT=${others} npm run lab simulators -- apps\n`,
      })
    }
    blocker.close()
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
