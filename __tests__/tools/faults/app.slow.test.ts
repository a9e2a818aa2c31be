import { appDirectory } from '../../../sandbox/app/app-files'
import { runCampaign } from '../../../sandbox/faults/campaign'
import { faultMixes } from '../../../sandbox/faults/fault-mixes'
import type { Arrivals } from '../../../sandbox/faults/traffic'
import { serverVersions } from '../../../sandbox/posthog/versions'

jest.setTimeout(60_000)

// The two in between differ from these in data only; `npm run faults` covers them.
const withJobs = serverVersions.filter(({ name }) => name === '1.30' || name === '2024-02')

/** A small part of `npm run faults -- --seeds 20 --arrivals both --expect-none-lost`. */
describe.each(withJobs.map((server) => [server.name, server] as const))('on PostHog %s', (_, server) => {
  it.each(faultMixes.map((mix) => [mix.name, mix] as const))(
    'loses and doubles nothing, and reorders nothing while there is a cache: %s',
    async (_, mix) => {
      for (const arrivals of ['burst', 'hour'] satisfies Arrivals[]) {
        const { measures, findings } = await runCampaign({
          directory: appDirectory,
          server,
          delivery: 'direct',
          mix,
          arrivals,
          seed: 1,
          events: 100,
          people: 20,
          chatter: 0.05,
          jobLocks: 'expire',
        })
        expect(measures).toMatchObject({ delivered: 100, lost: 0, duplicated: 0 })
        // Without the cache there is no history of a contact, so the order is not promised.
        if (mix.name !== 'cacheDown') expect({ arrivals, findings }).toEqual({ arrivals, findings: [] })
      }
    },
  )
})

describe('a burst of 1,000 events', () => {
  it.each([
    ['none', 1.2, 1.05],
    ['fifth', 1.6, 1.5],
  ])(
    'drains with the faults %s in %f times the minimum of the limit and %f requests an event',
    async (name, drain, requests) => {
      const [mix] = faultMixes.filter((each) => each.name === name)
      const [server] = withJobs
      if (mix === undefined || server === undefined) throw new Error('No such campaign')
      const { measures } = await runCampaign({
        directory: appDirectory,
        server,
        delivery: 'direct',
        mix,
        arrivals: 'burst',
        seed: 1,
        events: 1000,
        people: 200,
        chatter: 0,
        jobLocks: 'expire',
      })
      expect(measures.drainSeconds).toBeLessThanOrEqual(drain * 100)
      expect(measures.requests).toBeLessThanOrEqual(requests * 1000)
    },
  )
})
