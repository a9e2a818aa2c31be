import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCampaign } from '../../../../tools/lab/faults/campaign'
import type { CampaignOptions } from '../../../../tools/lab/faults/campaign'
import type { Measures } from '../../../../tools/lab/faults/measures'
import { serverVersion } from '../../../../tools/simulators/posthog/versions'
import { mixOf } from './setup'

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
    jobRunners: 1,
    loopsMilliseconds: 100,
    ...changes,
  })
  return measures
}

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

  it('loses at most one job with each killed worker since 2023, and more before', async () => {
    const burst = { directory: naiveByJobs, arrivals: 'burst', loopsMilliseconds: 1000 } as const
    const now = await smallCampaign('kill-30%', burst)
    expect(now.lost).toBeGreaterThan(0)
    expect(now.lost).toBeLessThanOrEqual(now.killed)
    const before = await smallCampaign('kill-30%', { ...burst, server: serverVersion('1.30') })
    expect(before.killed).toBeGreaterThan(0)
    expect(before.lost).toBeGreaterThan(before.killed)
  })

  it('has many jobs running at once where there are many runners', async () => {
    const burst = { directory: naiveByJobs, arrivals: 'burst' } as const
    const one = await smallCampaign('none', burst)
    expect(one.mostInASecond).toBeLessThanOrEqual(10)
    expect((await smallCampaign('none', { ...burst, jobRunners: 20 })).mostInASecond).toBeGreaterThan(20)
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
      jobRunners: 1,
      loopsMilliseconds: 100,
    })
    expect(findings[0]).toBe('PostHog has turned the app off: Error: wrong settings')
    expect(findings).toHaveLength(11)
  })
})
