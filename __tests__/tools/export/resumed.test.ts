import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exported, newFolder, person, startPostHog } from './setup'

describe('an export that was stopped', () => {
  const persons = Array.from({ length: 3500 }, (_, place) =>
    person({
      email: `p${place % 3000}@example.com`,
      [`property${Math.floor(place / 1000)}`]: place,
      bio: place % 7 === 0 ? '=1' : 'ok',
    }),
  )
  const config = { includeAllPersonProperties: 'Yes' }

  async function undisturbed() {
    const folder = newFolder()
    const result = await exported((await startPostHog(persons)).url, { folder, config })
    return { ...result, csv: readFileSync(join(folder, 'contacts.csv')) }
  }

  it('goes on after Ctrl-C to the same file and the same report', async () => {
    const folder = newFolder()
    const controller = new AbortController()
    const fault = (request: number): undefined => {
      if (request === 3) controller.abort()
    }
    const { url } = await startPostHog(persons, { fault })
    const first = await exported(url, { folder, config, signal: controller.signal })
    expect({ exitCode: first.exitCode, told: first.told, contacts: first.contacts }).toEqual({
      exitCode: 130,
      told: 'Stopped. The persons read so far are kept: run the same command again to continue.\n',
      contacts: undefined,
    })
    expect(readdirSync(folder).sort()).toEqual(['contacts.csv.rows', 'contacts.csv.state', 'settings.json'])
    // What a page in progress has written behind the finished ones does not count.
    writeFileSync(join(folder, 'contacts.csv.rows'), 'half a row '.repeat(100_000), { flag: 'a' })

    const second = await exported(url, { folder, config })
    const whole = await undisturbed()
    expect(readFileSync(join(folder, 'contacts.csv')).equals(whole.csv)).toBe(true)
    expect(second).toMatchObject({ exitCode: 0, said: whole.said, told: 'Continues after 2,000 persons.\n' })
    expect(whole.said).toContain('3,000 of 3,500 persons')
  })

  it('goes on after PostHog was away for too long', async () => {
    const folder = newFolder()
    let isAway = true
    const { url } = await startPostHog(persons, {
      fault: (request) => (isAway && request > 1 ? { status: 503 } : undefined),
    })
    const first = await exported(url, { folder, config })
    expect(first.exitCode).toBe(1)
    expect(first.told).toMatch(
      /PostHog failed 12 times in a row \(an error of the server \(503\)\)\. The persons read so far are kept: run the same command again to continue\.\n$/,
    )
    expect(first.waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60].map((seconds) => seconds * 1000))
    isAway = false
    // A key for Loops makes no difference.
    await exported(url, { folder, config: { ...config, apiKey: 'of-loops' } })
    expect(readFileSync(join(folder, 'contacts.csv')).equals((await undisturbed()).csv)).toBe(true)
  })

  it.each([
    [
      'other settings',
      {},
      'FOLDER/contacts.csv.state belongs to an export with other options or settings: use those, or delete FOLDER/contacts.csv.state to start again.\n',
    ],
    ['a damaged state', 'x', /^FOLDER\/contacts\.csv\.state cannot be read: /],
    [
      'a state of something else',
      '{}',
      'FOLDER/contacts.csv.state is not the state of an export: delete FOLDER/contacts.csv.state to start again.\n',
    ],
  ])('is not mixed up: %s', async (_name, given, sentence) => {
    const folder = newFolder()
    const { url } = await startPostHog(persons, { fault: (request) => (request > 1 ? { status: 401 } : undefined) })
    await exported(url, { folder, config })
    if (typeof given === 'string') writeFileSync(join(folder, 'contacts.csv.state'), given)
    const { exitCode, told } = await exported(url, { folder, config: typeof given === 'string' ? config : given })
    expect(exitCode).toBe(1)
    expect(told).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence))
  })

  it('needs its rows', async () => {
    const folder = newFolder()
    const { url } = await startPostHog(persons, { fault: (request) => (request > 1 ? { status: 401 } : undefined) })
    await exported(url, { folder, config })
    writeFileSync(join(folder, 'contacts.csv.rows'), '')
    expect((await exported(url, { folder, config })).told).toBe(
      'FOLDER/contacts.csv.rows is incomplete: delete FOLDER/contacts.csv.state to start again.\n',
    )
  })

  it('says that a file cannot be written', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'contacts.csv.rows'))
    const { exitCode, told } = await exported((await startPostHog(persons)).url, { folder })
    expect({ exitCode, told }).toEqual({
      exitCode: 1,
      told:
        "The files cannot be written or read: EISDIR: illegal operation on a directory, open 'FOLDER/contacts.csv.rows'. " +
        'The persons read so far are kept: run the same command again to continue.\n',
    })
  })

  it('overwrites no finished file', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'contacts.csv'), 'mine')
    const { exitCode, told } = await exported((await startPostHog(persons)).url, { folder, config })
    expect({ exitCode, told }).toEqual({
      exitCode: 1,
      told: 'FOLDER/contacts.csv exists already: name another file with --out.\n',
    })
    expect(readFileSync(join(folder, 'contacts.csv'), 'utf8')).toBe('mine')
    expect(existsSync(join(folder, 'contacts.csv.state'))).toBe(false)
  })
})
