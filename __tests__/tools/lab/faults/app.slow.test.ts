import { appDirectory } from '../../../../tools/lib/app-files'
import { runCampaign } from '../../../../tools/lab/faults/campaign'
import type { CampaignOptions } from '../../../../tools/lab/faults/campaign'
import { faultMixes } from '../../../../tools/lab/faults/fault-mixes'
import { failureReport } from '../../../../tools/lab/faults/limits'
import { serverVersion } from '../../../../tools/simulators/posthog/versions'

jest.setTimeout(60_000)

const [none] = faultMixes
const usual: CampaignOptions = {
  directory: appDirectory,
  server: serverVersion('2024-02'),
  delivery: 'direct',
  mix: none ?? never('a mix'),
  seed: 1,
  events: 100,
  people: 20,
  chatter: 0.05,
  jobRunners: 1,
  loopsMilliseconds: 150,
}

function never(what: string): never {
  throw new Error(`There is no such thing as ${what}`)
}

async function brokenPromises(changes: Partial<CampaignOptions>): Promise<string | undefined> {
  const campaign = { ...usual, ...changes }
  return failureReport({ campaign, outcome: await runCampaign(campaign) })
}

/** The mixes that the delivery of today stands. */
const stands = [
  'none',
  'fifth',
  'tail',
  'hour',
  '429-30%',
  'fails-30%',
  'hang-10%',
  'jobs-30%',
  'cache-30%',
  'wrongClocks',
]
const mixes = faultMixes.filter(({ name }) => stands.includes(name))

/** A small part of `npm run lab faults -- --seeds 5 --expect-none-lost`: the servers between differ in data only. */
describe.each(['1.30', '2024-02'])('on PostHog %s', (name) => {
  it.each(mixes.map((mix) => [mix.name, mix] as const))('loses, doubles and reorders nothing: %s', async (_, mix) => {
    const { measures } = await runCampaign({ ...usual, server: serverVersion(name), mix })
    expect(measures).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 0 })
  })
})

describe('a burst of 1,000 events', () => {
  const large = { events: 1000, people: 200, chatter: 0 }

  it.each([
    ['1.30', 'none', 1],
    ['1.30', 'fifth', 1],
    ['2024-02', 'none', 1],
    ['2024-02', 'none', 10],
    ['2024-02', 'fifth', 10],
  ])(
    'keeps the limits of time and requests on %s with the faults %s and %d job runners',
    async (name, faults, runners) => {
      const mix = mixes.find((each) => each.name === faults) ?? never(faults)
      expect(await brokenPromises({ ...large, server: serverVersion(name), mix, jobRunners: runners })).toBeUndefined()
    },
  )
})
