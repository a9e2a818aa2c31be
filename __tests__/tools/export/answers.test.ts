import { readdirSync } from 'node:fs'
import type { Clock } from '../../../tools/lib/clock'
import { exported, key, newFolder, person, startPostHog } from './setup'
import type { FaultyAnswer } from './setup'

const ada = person({ email: 'ada@example.com' })
const KEYS = 'POSTHOG/settings/user-api-keys'
const PAGE = '/api/projects/@current/persons/?limit=1000'
const json = (status: number, detail: string): FaultyAnswer => ({ status, body: JSON.stringify({ detail }) })
const proxy = '<html><body>Sign in</body></html>'
const elsewhere = (status: number): string =>
  `POSTHOG answered ${status} to GET ${PAGE} with a page instead of PostHog's API: a proxy or a login page is in front of it, or the URL is not that of PostHog.\n`

describe('a refusal', () => {
  it.each<[string, FaultyAnswer, string]>([
    [
      '401',
      json(401, `Invalid personal API key ${key}.`),
      `PostHog refuses the key in POSTHOG_API_KEY: create a personal API key with the scope person:read at ${KEYS}. A key of the US is unknown in the EU.\n`,
    ],
    [
      '403 of a project',
      json(403, 'API key does not have access to the requested project: ID 1.'),
      `The key in POSTHOG_API_KEY is limited to other projects: name one of them with --project, or allow this one at ${KEYS}. PostHog says: API key does not have access to the requested project: ID 1.\n`,
    ],
    [
      '403 for another reason',
      json(403, `The key ${key} of ada@example.com is blocked.`),
      `PostHog does not allow GET ${PAGE} to the owner of the key: The key (POSTHOG_API_KEY) of [email] is blocked.\n`,
    ],
    ['403 of a proxy', { status: 403, body: proxy }, elsewhere(403)],
    ['404 of a proxy', { status: 404, body: proxy }, elsewhere(404)],
    ['a login page', { status: 200, body: proxy }, elsewhere(200)],
    ['a list', { status: 200, body: '[]' }, elsewhere(200)],
    ['no persons', { status: 200, body: '{}' }, 'PostHog answers without a list of persons.\n'],
    [
      'a page that is its own next one',
      { status: 200, body: JSON.stringify({ results: [], next: 'https://posthog.example/api/?limit=1000' }) },
      'PostHog returns the same page of persons again and again.\n',
    ],
    ['400', json(400, 'Bad limit.'), `PostHog refuses GET ${PAGE}: Bad limit.\n`],
    ['400 without a reason', { status: 400, body: '{}' }, `PostHog refuses GET ${PAGE}: {}\n`],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://us.posthog.com/api/projects/?x=1' } },
      'POSTHOG redirects to https://us.posthog.com: if that is your PostHog, write it after --posthog.\n',
    ],
    ['a redirect to nowhere', { status: 301 }, elsewhere(301)],
  ])('has a sentence, and is not asked for again: %s', async (_name, answer, told) => {
    const posthog = await startPostHog([ada], { fault: () => answer })
    const folder = newFolder()
    expect(await exported(posthog.url, { folder })).toEqual({
      exitCode: 1,
      told,
      said: '',
      waits: [],
      contacts: undefined,
    })
    expect(posthog.asked).toHaveLength(1)
    expect(readdirSync(folder)).toEqual(['contacts.csv.rows'])
  })

  it('names the scope that is missing', async () => {
    const { url } = await startPostHog([ada], { scopes: [] })
    expect((await exported(url)).told).toBe(
      `The key in POSTHOG_API_KEY lacks the scope person:read: add person:read at ${KEYS}.\n`,
    )
  })

  it('names the projects that there are', async () => {
    const { url } = await startPostHog([ada])
    expect((await exported(url, { args: ['--project', '7'] })).told).toBe(
      'PostHog has no project 7 for this key, but 1 (Shop): name one of them with --project.\n',
    )
  })

  it('says where the projects are if PostHog does not tell', async () => {
    const fault = (request: number): FaultyAnswer => (request === 1 ? json(404, 'Not found.') : json(403, 'No.'))
    const { url } = await startPostHog([ada], { fault })
    expect((await exported(url, { args: ['--project', '7'] })).told).toBe(
      'PostHog has no project 7 for this key: copy the ID from any PostHog URL (/project/12345/).\n',
    )
  })
})

describe('a failure that passes', () => {
  const waiting = (reason: string, seconds: number): string => `PostHog: ${reason}. The export waits ${seconds} s.\n`

  it.each<[string, (FaultyAnswer | 'drop')[], number[], string]>([
    [
      '429 with Retry-After',
      [{ status: 429, headers: { 'retry-after': '37' } }],
      [37_000],
      waiting('too many requests (429)', 37),
    ],
    ['429 without Retry-After', [{ status: 429 }], [10_000], waiting('too many requests (429)', 10)],
    ['5xx, also with a page', [{ status: 502, body: proxy }, { status: 500 }], [1000, 2000], ''],
    ['503 with Retry-After', [{ status: 503, headers: { 'retry-after': '3' } }], [3000], ''],
    ['the network', ['drop', 'drop', 'drop', 'drop'], [1000, 2000, 4000, 8000], waiting('UND_ERR_SOCKET', 8)],
  ])('is waited for: %s', async (_name, faults, waits, told) => {
    const { url } = await startPostHog([ada], { fault: (request) => faults[request - 1] })
    const result = await exported(url)
    expect(result).toMatchObject({ exitCode: 0, waits, told })
    expect(result.contacts).toHaveLength(1)
  })

  it('is waited for without an end if PostHog says how long', async () => {
    const busy = { status: 429, headers: { 'retry-after': '1' } }
    const { url } = await startPostHog([ada], { fault: (request) => (request <= 30 ? busy : undefined) })
    expect(await exported(url)).toMatchObject({ exitCode: 0, waits: Array<number>(30).fill(1000) })
  })

  it('ends with a sentence if there is no server', async () => {
    const posthog = await startPostHog([ada])
    await posthog.close()
    const { exitCode, told } = await exported(posthog.url)
    expect(exitCode).toBe(1)
    expect(told).toContain('PostHog failed 12 times in a row (ECONNREFUSED). The persons read so far are kept')
  })

  it('ends at once with Ctrl-C while it waits', async () => {
    const controller = new AbortController()
    const cancelled: number[] = []
    const clock: Clock = {
      now: Date.now,
      after: (milliseconds) => {
        setImmediate(() => {
          controller.abort()
        })
        return () => void cancelled.push(milliseconds)
      },
    }
    const { url } = await startPostHog([ada], { fault: () => ({ status: 503, headers: { 'retry-after': '3600' } }) })
    const { exitCode, told } = await exported(url, { signal: controller.signal, clock })
    expect({ exitCode, told, cancelled }).toEqual({
      exitCode: 130,
      told: `${waiting('an error of the server (503)', 3600)}Stopped. The persons read so far are kept: run the same command again to continue.\n`,
      cancelled: [3_600_000],
    })
  })
})
