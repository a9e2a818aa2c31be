import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { run } from '../../../tools/start/run'

export let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Writes a file for the test and returns its path. */
export function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

export const npmStart = (...args: string[]): ReturnType<typeof runWith> => runWith({}, args)

/** Runs `npm start` with an environment, and returns what it says. */
export async function runWith(
  environment: NodeJS.ProcessEnv,
  args: string[],
): Promise<{ exitCode: number; said: string; told: string }> {
  const said: string[] = []
  const told: string[] = []
  const output = { say: (text: string) => void said.push(text), tell: (text: string) => void told.push(text) }
  const exitCode = await run(args, environment, output)
  return { exitCode, said: stripVTControlCharacters(said.join('')), told: told.join('') }
}

/** The end of what is said of one's own events: what to do next. */
export const next = /\nNext\n[^]*$/

export const event = {
  uuid: '018f0000-0000-7000-8000-000000000001',
  event: 'purchase',
  distinct_id: 'user_1',
  timestamp: '2024-05-01T10:00:00Z',
  properties: { total: 49.5, $set: { email: 'ada@example.com' } },
}
export const another = { ...event, uuid: '018f0000-0000-7000-8000-000000000002' }
export const config = {
  trackedEvents: 'purchase',
  contactEvents: '$identify',
  eventProperties: 'total: {event.properties.total}',
  maxEventAge: '',
}

/** The environment of `npm start -- --live`. */
export const live = { LOOPS_API_KEY: 'of-no-account' }
