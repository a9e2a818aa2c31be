import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCampaign } from '../../../../tools/lab/faults/campaign'
import type { CampaignOptions } from '../../../../tools/lab/faults/campaign'
import { faultMixes } from '../../../../tools/lab/faults/fault-mixes'
import type { FaultMix } from '../../../../tools/lab/faults/fault-mixes'
import type { Load } from '../../../../tools/lab/faults/loads'
import type { Measures } from '../../../../tools/lab/faults/measures'
import { serverVersion } from '../../../../tools/simulators/posthog/versions'

jest.setTimeout(30_000)

const folder = mkdtempSync(join(tmpdir(), 'faults-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Sends each event once and forgets it: no retry, no idempotency key, no rate limit, no look at what is newer. */
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

function mixOf(name: string): FaultMix {
  const found = faultMixes.find((mix) => mix.name === name)
  if (found === undefined) throw new Error(`No mix ${name}`)
  return found
}

const storm = mixOf('storm').rates

/** The same by way of the job queue. */
const naiveByJobs = appOf(`${naiveApp.replace('export const onEvent =', 'const send =')}
  export const jobs = { send }
  export const onEvent = ({ event, distinct_id, properties }, { jobs }) =>
    jobs.send({ event, distinct_id, properties }).runNow()`)

/** A small campaign without the long tail, over an hour unless told, so that the limit of Loops stays out of it. */
async function smallCampaign(
  rates: Partial<FaultMix['rates']>,
  changes: Partial<CampaignOptions> = {},
  load: Load = 'hour',
): Promise<Measures> {
  const { measures } = await runCampaign({
    directory: naive,
    server: serverVersion('2024-02'),
    delivery: 'direct',
    mix: { ...mixOf('none'), load, rates: { ...mixOf('none').rates, ...rates } },
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
      const first = await smallCampaign(storm, { server }, 'burst')
      expect(await smallCampaign(storm, { server }, 'burst')).toEqual(first)
      expect(await smallCampaign(storm, { server, seed: 2 }, 'burst')).not.toEqual(first)
    },
  )

  it('finds nothing lost or duplicated by an app that does without care while nothing goes wrong', async () => {
    expect(await smallCampaign({})).toMatchObject({ wanted: 100, delivered: 100, duplicated: 0, requests: 100 })
  })

  it.each([{ '429': 0.3 }, { fails: 0.3 }, storm])('shows what is lost without retries: %j', async (rates) => {
    const { lost, delivered } = await smallCampaign(rates)
    expect(lost).toBeGreaterThan(5)
    expect(lost + delivered).toBe(100)
  })

  it('shows what is lost without a rate limit', async () => {
    const { lost, tooMany } = await smallCampaign({}, {}, 'burst')
    expect(tooMany).toBeGreaterThan(50)
    expect(lost).toBeGreaterThan(50)
  })

  it('shows what is duplicated without idempotency keys', async () => {
    expect((await smallCampaign({ kill: 0.3 })).duplicated).toBeGreaterThan(5)
  })

  it('shows what is out of order where answers take long now and then', async () => {
    const { outOfOrder, byTwoWorkers } = await smallCampaign({ tail: 0.2 }, { people: 2 }, 'steady')
    expect(outOfOrder).toBeGreaterThan(0)
    expect(byTwoWorkers).toBe(0)
    const threads = { people: 2, server: serverVersion('1.30') }
    expect((await smallCampaign({ tail: 0.2 }, threads, 'steady')).byTwoWorkers).toBeGreaterThan(0)
  })

  it('shows what is lost while Loops rejects the key', async () => {
    const refused = { ...mixOf('wrongKey'), rates: mixOf('none').rates }
    expect((await smallCampaign({}, { mix: refused, events: 200 })).lost).toBeGreaterThan(50)
  })

  it('counts what waits each minute, and what Redis holds', async () => {
    const directory = appOf(`
      export const jobs = { wait: () => undefined }
      export const onEvent = async (_, { cache, jobs }) => {
        await cache.lpush('events', 'x'.repeat(1000))
        await cache.lrange('events', 0, 0)
        await jobs.wait().runIn(2, 'minutes')
      }`)
    const { waiting, redisBytes, redisBytesRead, keysWithoutLife } = await smallCampaign({}, { directory }, 'burst')
    expect(waiting).toEqual([100, 100, 0])
    expect([redisBytesRead, keysWithoutLife]).toEqual([100_000, 1])
    expect(redisBytes).toBeGreaterThan(100_000)
    expect(redisBytes).toBeLessThan(110_000)
  })

  it('shows what is out of order without a look at what is newer', async () => {
    expect((await smallCampaign({ hang: 0.3 })).outOfOrder).toBeGreaterThan(0)
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
    expect(await smallCampaign({}, options)).toMatchObject({ delivered: 100, requests: 100 })
    expect((await smallCampaign({ fails: 0.5 }, options)).lost).toBeGreaterThan(10)
  })

  it('lets an app retry by jobs, delays some and runs some twice', async () => {
    expect(await smallCampaign({}, { directory: naiveByJobs })).toMatchObject({
      delivered: 100,
      requests: 100,
      duplicated: 0,
    })
    const { requests, duplicated } = await smallCampaign({ jobs: 0.3 }, { directory: naiveByJobs })
    expect(requests).toBeGreaterThan(105)
    expect(duplicated).toBeGreaterThan(2)
  })

  it('loses at most one job with each killed worker since 2023, and more before', async () => {
    const burst = { directory: naiveByJobs, loopsMilliseconds: 1000 }
    const now = await smallCampaign({ kill: 0.3 }, burst, 'burst')
    expect(now.lost).toBeGreaterThan(0)
    expect(now.lost).toBeLessThanOrEqual(now.killed)
    const before = await smallCampaign({ kill: 0.3 }, { ...burst, server: serverVersion('1.30') }, 'burst')
    expect(before.killed).toBeGreaterThan(0)
    expect(before.lost).toBeGreaterThan(before.killed)
  })

  it('has many jobs running at once where there are many runners', async () => {
    const one = await smallCampaign({}, { directory: naiveByJobs }, 'burst')
    expect(one.mostInASecond).toBeLessThanOrEqual(10)
    expect(
      (await smallCampaign({}, { directory: naiveByJobs, jobRunners: 20 }, 'burst')).mostInASecond,
    ).toBeGreaterThan(20)
  })

  it('has a cache that fails as often as the mix says', async () => {
    const directory = appOf(
      naiveApp
        .replace('await fetch', "await cache.incr('calls')\n    await fetch")
        .replace('{ config }', '{ cache, config }'),
    )
    expect((await smallCampaign({ cache: 0.3 }, { directory })).requests).toBeGreaterThan(60)
    expect((await smallCampaign({ cache: 0.3 }, { directory })).requests).toBeLessThan(80)
    expect(await smallCampaign({ cache: 1 }, { directory })).toMatchObject({ requests: 0, lost: 100 })
    expect(await smallCampaign({ slowCache: 0.3 }, { directory })).toMatchObject({ requests: 100, lost: 0 })
  })

  it('says why everything was lost when PostHog turns the app off', async () => {
    const { findings } = await runCampaign({
      directory: appOf(`${naiveApp}\nexport const setupPlugin = () => { throw new Error('wrong settings') }`),
      server: serverVersion('1.30'),
      delivery: 'direct',
      mix: mixOf('hour'),
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
