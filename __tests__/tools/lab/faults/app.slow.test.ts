import { appDirectory } from '../../../../tools/lib/app-files'
import { runCampaign } from '../../../../tools/lab/faults/campaign'
import type { CampaignOptions } from '../../../../tools/lab/faults/campaign'
import { faultMixes } from '../../../../tools/lab/faults/fault-mixes'
import type { FaultMix } from '../../../../tools/lab/faults/fault-mixes'
import { failureReport } from '../../../../tools/lab/faults/limits'
import { serverVersion } from '../../../../tools/simulators/posthog/versions'
import type { ServerVersion } from '../../../../tools/simulators/posthog/versions'

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

/** The most that a mix may break of the promises, which all others keep: nothing lost, twice or out of order. */
interface Bounds {
  readonly lost: number
  readonly outOfOrder: number
  readonly keysWithoutLife: number
}

function boundsOf({ name, rates }: FaultMix, server: ServerVersion, killed: number): Bounds {
  // Without a cache nobody knows what came since.
  if (name === 'cacheDown') return { lost: 0, outOfOrder: Infinity, keysWithoutLife: 0 }
  // Of workers that are minutes apart one takes the newer value for the older one.
  if (name === 'clocks') return { lost: 2, outOfOrder: 6, keysWithoutLife: 0 }
  // A worker that is killed may take a job along, on servers of 2021 and 2022 several, or leave a key before its `expire`.
  const jobsAtOnce = server.nextJobOnce === 'ended' ? 1 : 2
  // The events of a killed worker come again in another order: the log shows the first one if the cache refuses the second.
  const outOfOrder = rates.kill > 0 && rates.cache > 0 ? 1 : 0
  return { lost: rates.kill > 0 ? jobsAtOnce * killed : 0, outOfOrder, keysWithoutLife: killed }
}

describe.each(['1.40', '2024-02'])('on PostHog %s', (name) => {
  const server = serverVersion(name)

  it.each(faultMixes.map((mix) => [mix.name, mix] as const))(
    'loses, doubles and reorders nothing, and leaves no key for ever: %s',
    async (_, mix) => {
      const { measures } = await runCampaign({ ...usual, server, mix })
      const { lost, duplicated, outOfOrder, keysWithoutLife, killed, redisBytes } = measures
      const bounds = boundsOf(mix, server, killed)
      expect(duplicated).toBe(0)
      expect(lost).toBeLessThanOrEqual(bounds.lost)
      expect(outOfOrder).toBeLessThanOrEqual(bounds.outOfOrder)
      expect(keysWithoutLife).toBeLessThanOrEqual(bounds.keysWithoutLife)
      expect(redisBytes).toBeLessThanOrEqual(4_000_000)
    },
  )
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
      const mix = faultMixes.find((each) => each.name === faults) ?? never(faults)
      expect(await brokenPromises({ ...large, server: serverVersion(name), mix, jobRunners: runners })).toBeUndefined()
    },
  )
})
