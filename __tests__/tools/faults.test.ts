import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VirtualClock } from '../../sandbox/lib/clock'
import { runCampaign } from '../../sandbox/faults/campaign'
import type { CampaignOptions } from '../../sandbox/faults/campaign'
import { measure } from '../../sandbox/faults/measures'
import type { Measures } from '../../sandbox/faults/measures'
import { networkTo } from '../../sandbox/faults/network'
import { faultKinds, faultMixes } from '../../sandbox/faults/fault-mixes'
import { Random } from '../../sandbox/faults/random'
import { run } from '../../sandbox/faults/run'
import { makeTraffic } from '../../sandbox/faults/traffic'
import type { Wish } from '../../sandbox/faults/traffic'
import { LoopsApi } from '../../sandbox/loops/loops-api'
import type { Fault } from '../../sandbox/loops/faults'
import type { JsonObject, RequestRecord } from '../../sandbox/loops/contract'
import { serverVersion } from '../../sandbox/posthog/versions'

jest.setTimeout(30_000)

const folder = mkdtempSync(join(tmpdir(), 'faults-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Sends each event once and forgets it: no retry, no idempotency key, no pacing, no look at what is newer. */
const naiveApp = `
  import fetch from 'node-fetch'
  const loops = 'https://app.loops.so/api/v1'
  export const onEvent = async ({ event, distinct_id, properties }, { config }) => {
    const { email, ...contact } = properties.$set ?? {}
    const { reference, total } = properties
    const sends = reference !== undefined
    const body = {
      ...contact,
      ...(email && { email }),
      userId: distinct_id,
      ...(sends && { eventName: event, eventProperties: { reference, total } }),
    }
    await fetch(loops + (sends ? '/events/send' : '/contacts/update'), {
      method: sends ? 'POST' : 'PUT',
      headers: { Authorization: 'Bearer ' + config.apiKey, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  }`

function appOf(source: string): string {
  const directory = mkdtempSync(join(folder, 'app-'))
  writeFileSync(join(directory, 'plugin.json'), JSON.stringify({ name: 'Naive', main: 'index.ts' }))
  writeFileSync(join(directory, 'index.ts'), source)
  return directory
}

const naive = appOf(naiveApp)

/** The same by way of the job queue. */
const naiveByJobs = appOf(`${naiveApp.replace('export const onEvent =', 'const send =')}
  export const jobs = { send }
  export const onEvent = ({ event, distinct_id, properties }, { jobs }) =>
    jobs.send({ event, distinct_id, properties }).runNow()`)

function mixOf(name: string) {
  const found = faultMixes.find((mix) => mix.name === name)
  if (found === undefined) throw new Error(`No mix ${name}`)
  return found
}

/** A small campaign, over an hour so that the limit of Loops stays out of it. */
async function smallCampaign(faults: string, changes: Partial<CampaignOptions> = {}): Promise<Measures> {
  const { measures } = await runCampaign({
    directory: naive,
    server: serverVersion('2024-02'),
    delivery: 'direct',
    mix: mixOf(faults),
    arrivals: 'hour',
    seed: 1,
    events: 100,
    people: 20,
    chatter: 0,
    jobLocks: 'expire',
    ...changes,
  })
  return measures
}

describe('the measures', () => {
  const ada = { email: 'ada@example.com', userId: 'ada' }
  const grace = { email: 'grace@example.com', userId: 'grace' }
  const sold: Wish = { number: 0, person: ada, reference: 'order-0', properties: new Map() }
  const older: Wish = { number: 1, person: ada, properties: new Map([['plan', 'plan-1'], ['city', 'city-1']]) } // prettier-ignore
  const newer: Wish = { number: 2, person: ada, properties: new Map([['plan', 'plan-2']]) }
  const both: Wish = { number: 3, person: grace, reference: 'order-3', properties: new Map([['plan', 'plan-3']]) }

  const start = Date.UTC(2024, 4, 1)
  const request = (seconds: number, path: string, body: JsonObject, changes: Partial<RequestRecord> = {}) => ({
    at: start + seconds * 1000,
    method: 'POST',
    path: `/api/v1/${path}`,
    headers: {},
    text: JSON.stringify(body),
    body,
    status: 200,
    handledStatus: 200,
    ...changes,
  })
  const update = (seconds: number, body: JsonObject, changes: Partial<RequestRecord> = {}) =>
    request(seconds, 'contacts/update', { ...ada, ...body }, changes)
  const event = (seconds: number, reference: string, changes: Partial<RequestRecord> = {}) =>
    request(seconds, 'events/send', { ...ada, eventName: 'purchase', eventProperties: { reference } }, changes)
  const writesOld = { plan: 'plan-1', city: 'city-1' }
  const writesNew = { plan: 'plan-2' }
  const measured = (wishes: Wish[], ...requests: RequestRecord[]) => measure(wishes, requests, start)
  const perfect = { lost: 0, duplicated: 0, outOfOrder: 0, tooMany: 0 }

  it('find nothing wrong where all came once and in order', () => {
    const grace3 = { userId: 'grace', plan: 'plan-3', eventName: 'both', eventProperties: { reference: 'order-3' } }
    expect(
      measured(
        [sold, older, newer, both],
        request(0, 'api-key', {}),
        request(0, 'contacts/properties?list=all', {}),
        event(1, 'order-0'),
        update(2, writesOld),
        update(3, writesNew),
        request(4, 'events/send', grace3),
      ),
    ).toEqual({ measures: { ...perfect, wanted: 4, delivered: 4, requests: 4, drainSeconds: 4 }, findings: [] })
  })

  it.each([
    ['never came', []],
    ['was refused', [event(1, 'order-0', { status: 429, handledStatus: 429 })]],
    ['was dropped before Loops acted', [event(1, 'order-0', { status: 'dropped', handledStatus: undefined })]],
    ['came as another event', [event(1, 'order-9')]],
    [
      'came as a contact update',
      [request(1, 'contacts/update', { ...ada, eventProperties: { reference: 'order-0' } })],
    ],
  ])('count an event as lost that %s', (_, requests) => {
    const { measures, findings } = measured([sold], ...requests)
    expect(measures).toMatchObject({ wanted: 1, delivered: 0, lost: 1, duplicated: 0, drainSeconds: 0 })
    expect(findings).toEqual(['lost: event 0 of ada (order-0)'])
  })

  it('take an event as delivered if Loops acted on it, whatever the app was told', () => {
    const { measures } = measured([sold], event(1, 'order-0', { status: 'dropped' }))
    expect(measures).toMatchObject({ delivered: 1, lost: 0 })
  })

  it('count each further record of an event as duplicated, but not a refused one', () => {
    const refused = event(4, 'order-0', { status: 409, handledStatus: 409 })
    const { measures, findings } = measured(
      [sold],
      event(1, 'order-0'),
      event(2, 'order-0'),
      event(3, 'order-0'),
      refused,
    )
    expect(measures).toMatchObject({ delivered: 1, lost: 0, duplicated: 2, requests: 4, drainSeconds: 1 })
    expect(findings).toEqual(['duplicated: order-0 was recorded 3 times'])
  })

  it('count an update as lost if one of its properties never held its value, nor a newer one', () => {
    expect(measured([older, newer], update(1, writesNew)).measures).toMatchObject({ delivered: 1, lost: 1 })
    expect(measured([older, newer], update(1, writesOld)).measures).toMatchObject({ delivered: 1, lost: 1 })
    expect(measured([both], event(1, 'order-3')).measures).toMatchObject({ delivered: 0, lost: 1 })
  })

  it('do not take what a newer event has overtaken for lost', () => {
    const { measures } = measured([older, newer], update(1, { plan: 'plan-2', city: 'city-1' }))
    expect(measures).toMatchObject({ ...perfect, delivered: 2, requests: 1 })
  })

  it('do not take the value of somebody else for the own', () => {
    const mixedUp = request(1, 'contacts/update', { ...grace, ...writesNew })
    expect(measured([newer, both], mixedUp).measures).toMatchObject({ lost: 2 })
  })

  it('count a property as out of order that ends older than it was', () => {
    const { measures, findings } = measured([older, newer], update(1, writesNew), update(2, writesOld))
    expect(measures).toMatchObject({ delivered: 2, lost: 0, outOfOrder: 1, drainSeconds: 2 })
    expect(findings).toEqual(['out of order: plan of ada ends as 1 after 2 was applied'])
  })

  it('do not count as out of order what was put right, nor what was refused', () => {
    const repaired = [update(1, writesNew), update(2, writesOld), update(3, writesNew)]
    expect(measured([older, newer], ...repaired).measures).toMatchObject({ outOfOrder: 0, drainSeconds: 2 })
    const refused = update(2, writesOld, { status: 500, handledStatus: undefined })
    expect(measured([older, newer], update(1, writesNew), refused).measures).toMatchObject({ outOfOrder: 0, lost: 1 })
  })

  it('count the answers that there were too many requests, of whatever request', () => {
    const tooMany = { status: 429, handledStatus: 429 }
    const { measures } = measured([sold], request(0, 'api-key', {}, tooMany), event(1, 'order-0', tooMany))
    expect(measures).toMatchObject({ tooMany: 2, requests: 1 })
  })
})

describe('the traffic', () => {
  const start = Date.UTC(2024, 4, 1)
  const make = (arrivals: 'burst' | 'hour', chatter = 0) =>
    makeTraffic({ arrivals, events: 1000, people: 200, chatter }, start, new Random('a'))

  it.each([
    ['burst', 1100],
    ['hour', 3_601_000],
  ] as const)('of a %s comes within its time', (arrivals, longest) => {
    const times = make(arrivals).arrivals.map(({ at }) => at - start)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...times)).toBeLessThan(longest)
  })

  it('numbers the events of each person by their time, and no two have the same', () => {
    const { wishes, arrivals } = make('burst')
    const last = new Map<string, string>()
    wishes.forEach(({ person }, place) => {
      const { timestamp = '' } = arrivals[place]?.event ?? {}
      expect(timestamp > (last.get(person.userId) ?? '')).toBe(true)
      last.set(person.userId, timestamp)
    })
  })

  it('has events of every kind, no value and no uuid twice', () => {
    const { wishes, arrivals } = make('hour')
    const kinds = new Set(arrivals.map(({ event }) => event.event))
    expect([...kinds].sort()).toEqual(['$identify', '$set', 'plan changed', 'purchase'])
    const values = wishes.flatMap(({ reference, properties }) => [reference, ...properties.values()]).filter(Boolean)
    expect(new Set(values).size).toBe(values.length)
    expect(new Set(arrivals.map(({ event }) => event.uuid)).size).toBe(1000)
  })

  it('repeats some updates if there is to be chatter', () => {
    const { wishes, arrivals } = make('burst', 0.1)
    expect(wishes).toHaveLength(1000)
    expect(arrivals.length).toBeGreaterThan(1020)
    expect(arrivals.length).toBeLessThan(1080)
  })
})

describe('a campaign', () => {
  it.each(['2024-02', '2025-09'])(
    'gives the same outcome for the same seed on %s, and another for another',
    async (name) => {
      const server = serverVersion(name)
      const first = await smallCampaign('storm', { server, arrivals: 'burst' })
      expect(await smallCampaign('storm', { server, arrivals: 'burst' })).toEqual(first)
      expect(await smallCampaign('storm', { server, arrivals: 'burst', seed: 2 })).not.toEqual(first)
    },
  )

  it('finds nothing lost or duplicated by an app that does without care while nothing goes wrong', async () => {
    expect(await smallCampaign('none')).toMatchObject({ wanted: 100, delivered: 100, duplicated: 0, requests: 100 })
  })

  it.each(['429-30%', '500-30%', '502-30%', 'dropBefore-30%', 'storm'])(
    'shows what is lost without retries: %s',
    async (faults) => {
      const { lost, delivered } = await smallCampaign(faults)
      expect(lost).toBeGreaterThan(5)
      expect(lost + delivered).toBe(100)
    },
  )

  it('shows what is lost without pacing', async () => {
    const { lost, tooMany } = await smallCampaign('none', { arrivals: 'burst' })
    expect(tooMany).toBeGreaterThan(50)
    expect(lost).toBeGreaterThan(50)
  })

  it('shows what is duplicated without idempotency keys', async () => {
    expect((await smallCampaign('kill-30%')).duplicated).toBeGreaterThan(5)
  })

  it('shows what is out of order without a look at what is newer', async () => {
    expect((await smallCampaign('hang-30%')).outOfOrder).toBeGreaterThan(0)
  })

  it('loses nothing when a connection is dropped after Loops has acted', async () => {
    expect(await smallCampaign('dropAfter-30%')).toMatchObject({ lost: 0, duplicated: 0 })
  })

  it('reaches the app through the webhook too', async () => {
    const webhook = `
      export const composeWebhook = ({ event, distinct_id, properties }, { config }) => ({
        url: 'https://app.loops.so/api/v1/events/send',
        headers: { Authorization: 'Bearer ' + config.apiKey, 'Content-Type': 'application/json' },
        body: JSON.stringify({
          ...properties.$set,
          userId: distinct_id,
          eventName: event,
          eventProperties: { reference: properties.reference ?? 'none' },
        }),
      })`
    const options = { directory: appOf(webhook), delivery: 'webhook' } as const
    expect(await smallCampaign('none', options)).toMatchObject({ delivered: 100, requests: 100 })
    expect((await smallCampaign('500-30%', options)).lost).toBeGreaterThan(10)
  })

  it('lets an app retry by jobs, delays some and runs some twice', async () => {
    expect(await smallCampaign('none', { directory: naiveByJobs })).toMatchObject({
      delivered: 100,
      requests: 100,
      duplicated: 0,
    })
    const { requests, duplicated } = await smallCampaign('jobs-30%', { directory: naiveByJobs })
    expect(requests).toBeGreaterThan(105)
    expect(duplicated).toBeGreaterThan(2)
  })

  it('loses the jobs of killed workers where the lock stays', async () => {
    expect(await smallCampaign('kill-30%', { directory: naiveByJobs })).toMatchObject({ lost: 0 })
    expect((await smallCampaign('kill-30%', { directory: naiveByJobs, jobLocks: 'stay' })).lost).toBeGreaterThan(0)
  })

  it('has a cache that fails as often as the mix says', async () => {
    const directory = appOf(
      naiveApp
        .replace('await fetch', "await cache.incr('calls')\n    await fetch")
        .replace('{ config }', '{ cache, config }'),
    )
    expect((await smallCampaign('cache-30%', { directory })).requests).toBeGreaterThan(60)
    expect((await smallCampaign('cache-30%', { directory })).requests).toBeLessThan(80)
    expect(await smallCampaign('cacheDown', { directory })).toMatchObject({ requests: 0, lost: 100 })
    expect(await smallCampaign('slowCache-30%', { directory })).toMatchObject({ requests: 100, lost: 0 })
  })

  it('says why everything was lost when PostHog turns the app off', async () => {
    const { findings } = await runCampaign({
      directory: appOf(`${naiveApp}\nexport const setupPlugin = () => { throw new Error('wrong settings') }`),
      server: serverVersion('1.30'),
      delivery: 'direct',
      mix: mixOf('none'),
      arrivals: 'hour',
      seed: 1,
      events: 10,
      people: 2,
      chatter: 0,
      jobLocks: 'expire',
    })
    expect(findings[0]).toBe('PostHog has turned the app off: Error: wrong settings')
    expect(findings).toHaveLength(11)
  })
})

describe('the way to Loops', () => {
  const ask = async (server: string, timeout: number | undefined, fault: Fault) => {
    const clock = new VirtualClock()
    const start = clock.now()
    const api = new LoopsApi({ apiKey: 'key', clock })
    api.setFault(() => fault)
    const fetch = networkTo(api, clock, serverVersion(server))
    const answer = fetch('https://app.loops.so/api/v1/api-key', {
      headers: { Authorization: 'Bearer key' },
      ...(timeout !== undefined && { timeout }),
    }).then(
      async (response) => [response.status, await response.json()],
      (error: unknown) => String(error),
    )
    const told = answer.then((text) => [text, clock.now() - start])
    await clock.run()
    return [...(await told), api.requests().map(({ handledStatus }) => handledStatus)]
  }
  const hang: Fault = { kind: 'delay', milliseconds: 30_000 }
  const address = 'https://app.loops.so/api/v1/api-key'

  it('is cut off by the time-out of node-fetch, and Loops acts all the same', async () => {
    expect(await ask('2024-02', 10_000, hang)).toEqual([`FetchError: network timeout at: ${address}`, 10_000, [200]])
  })

  it.each([
    ['2025-09', 10_000],
    ['2024-02', undefined],
  ])('takes as long as it takes on %s with the time-out %s', async (server, timeout) => {
    const [answer, milliseconds] = await ask(server, timeout, hang)
    expect([answer, milliseconds]).toEqual([[200, { success: true, teamName: 'Company name' }], 30_100])
  })

  it.each([
    ['2024-02', `FetchError: request to ${address} failed, reason: socket hang up`],
    ['2025-09', 'TypeError: fetch failed'],
  ])('tells a dropped connection as the library of %s does', async (server, message) => {
    expect(await ask(server, 10_000, { kind: 'drop', applied: true })).toEqual([message, 100, [200]])
  })
})

describe('the fault mixes', () => {
  it('have each kind of fault alone at 10 and 30 %, and all together', () => {
    for (const kind of faultKinds) {
      expect(mixOf(`${kind}-10%`).rates[kind]).toBe(0.1)
      expect(Object.values(mixOf(`${kind}-30%`).rates).filter((rate) => rate > 0)).toEqual([0.3])
    }
    expect(new Set(Object.values(mixOf('storm').rates))).toEqual(new Set([0.05]))
    expect(Object.values(mixOf('none').rates).every((rate) => rate === 0)).toBe(true)
  })
})

describe('npm run faults', () => {
  async function npmRunFaults(...args: string[]): Promise<{ exitCode: number; said: string; told: string }> {
    const said: string[] = []
    const told: string[] = []
    const output = { say: (text: string) => void said.push(text), tell: (text: string) => void told.push(text) }
    const exitCode = await run(args, output)
    return { exitCode, said: said.join(''), told: told.join('') }
  }
  const small = ['--events', '20', '--people', '4', '--processes', '1', '--server', '2024-02']

  it('prints a table for each delivery mode and kind of arrival, a row for each fault mix', async () => {
    const { exitCode, said, told } = await npmRunFaults(
      ...small,
      '--faults',
      '500',
      '--arrivals',
      'both',
      '--seeds',
      '2',
    )
    expect(exitCode).toBe(0)
    expect(said.match(/^PostHog .*$/gm)).toEqual([
      'PostHog 2024-02, direct delivery: 20 events of 4 people within a second',
      'PostHog 2024-02, direct delivery: 20 events of 4 people over an hour',
      'PostHog 2024-02, webhook delivery: 20 events of 4 people within a second',
      'PostHog 2024-02, webhook delivery: 20 events of 4 people over an hour',
    ])
    expect(said.match(/^faults +delivered +lost +duplicated +out of order +requests an event +time to drain +429s$/gm)).toHaveLength(4) // prettier-ignore
    expect(said.match(/^500-[13]0% +\d+ +\d+\*? .*$/gm)).toHaveLength(8)
    expect(told).toMatch(/16 of 16 runs\n$/)
    expect(said).toMatch(/\*[^]*\n\n\* the worst row of its column\n$/)
  })

  it('marks nothing where there is nothing worse', async () => {
    const { said } = await npmRunFaults(...small, '--faults', '500-30%')
    expect(said).toMatch(/^500-30% +\d+ /m)
    expect(said).not.toContain('*')
  })

  it('explains its ratios', async () => {
    const { said } = await npmRunFaults('--help')
    expect(said).toContain('"time to drain" is how many times as long')
  })

  it.each([
    [['--faults', 'rain'], /^--faults does not know 'rain': use none, 429-10%, .*\.\n$/],
    [['--server', '--seeds'], /^Option '--server' argument is ambiguous\. See npm run faults -- --help\.\n$/],
    [['--server', '9'], /^--server does not know '9': use 1.30, .*\.\n$/],
    [['--delivery', 'pigeon'], /^--delivery does not know 'pigeon': use direct, webhook\.\n$/],
    [['--arrivals', 'x'], /^--arrivals does not know 'x': use burst, hour, both\.\n$/],
    [['--seeds', '0'], /^--seeds takes a whole number from 1 on, not '0'\.\n$/],
    [['--server', '1.30', '--delivery', 'webhook'], /^PostHog 1\.30 sends nothing by webhook\.\n$/],
    [['--expect-none-lost', '--server', '2025-09'], /^--expect-none-lost needs direct delivery .*\.\n$/],
    [['--sed'], /^Unknown option '--sed'\. See npm run faults -- --help\.\n$/],
  ])('says what is wrong with %j', async (args, message) => {
    const { exitCode, said, told } = await npmRunFaults(...args)
    expect({ exitCode, said }).toEqual({ exitCode: 1, said: '' })
    expect(told).toMatch(message)
  })

  it('shows its help', async () => {
    expect((await npmRunFaults('--help')).said).toContain('Usage: npm run faults')
  })
})
