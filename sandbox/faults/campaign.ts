import { VirtualClock } from '../lib/clock'
import { LoopsApi } from '../loops/loops-api'
import { createInstallation } from '../posthog/plugin-server'
import type { Installation } from '../posthog/plugin-server'
import type { JobLocks } from '../posthog/jobs'
import type { RunningWorker } from '../posthog/records'
import type { ServerVersion } from '../posthog/versions'
import { loopsFaults } from './loops-faults'
import { measure } from './measures'
import type { Outcome } from './measures'
import type { FaultMix } from './fault-mixes'
import { networkTo } from './network'
import { Random } from './random'
import { faultyCache, jobTreatment } from './server-faults'
import { makeTraffic, trafficConfig } from './traffic'
import type { Person, TrafficOptions } from './traffic'
import { Workers } from './workers'

export interface CampaignOptions extends TrafficOptions {
  /** The app's folder. */
  directory: string
  server: ServerVersion
  delivery: 'direct' | 'webhook'
  mix: FaultMix
  seed: number
  jobLocks: JobLocks
}

/** A finished campaign. */
export interface CampaignResult {
  readonly campaign: CampaignOptions
  readonly outcome: Outcome
}

/** What Loops allows in a second. */
export const requestsPerSecond = 10

const apiKey = 'loops-sandbox-key'
const longestRun = 3 * 24 * 60 * 60 * 1000

/**
 * Sends the traffic through the app under the faults of the mix, until no timer is left or three days have passed on the
 * virtual clock. The same options give the same outcome.
 */
export async function runCampaign(options: CampaignOptions): Promise<Outcome> {
  const { server, mix, delivery, arrivals, seed } = options
  const clock = new VirtualClock()
  const api = new LoopsApi({ apiKey, clock, requestsPerSecond })
  const start = clock.now() + (options.people / requestsPerSecond + 1) * 1000
  const traffic = makeTraffic(options, start, new Random(`${seed} ${arrivals}`))
  await addContacts(traffic.people, api, clock)
  const before = api.requests().length
  await clock.run(start)

  const random = new Random(`${seed} ${arrivals} ${mix.name} ${delivery} ${server.name}`)
  api.setFault(loopsFaults(mix, random))
  const { installation, workers } = install(options, api, clock, random)
  workers.startAll()
  for (const { event, at } of traffic.arrivals) clock.after(at - start, () => void workers.deliver(event))
  await clock.run(start + longestRun)
  installation.close()
  const { measures, findings } = measure(traffic.wishes, api.requests().slice(before), start)
  return { measures, findings: [...whyTurnedOff(installation), ...findings] }
}

/** The finding that explains the losses of an app that PostHog has turned off. */
function whyTurnedOff({ enabled, failures }: Installation): string[] {
  const failed = failures.find(({ failure }) => failure.by === 'setupPlugin' || failure.by === 'load')?.failure
  return enabled || failed === undefined ? [] : [`PostHog has turned the app off: ${failed.name}: ${failed.message}`]
}

/** Creates the contacts first, so that Loops takes requests that carry only a user ID. */
async function addContacts(people: readonly Person[], api: LoopsApi, clock: VirtualClock): Promise<void> {
  const headers = { authorization: `Bearer ${apiKey}` }
  for (const person of people) {
    api.handle({ method: 'POST', path: '/api/v1/contacts/create', headers, body: JSON.stringify(person) })
    await clock.run(clock.now() + 1000 / requestsPerSecond)
  }
}

function install(
  { directory, server, mix, delivery, jobLocks }: CampaignOptions,
  api: LoopsApi,
  clock: VirtualClock,
  random: Random,
): { installation: Installation; workers: Workers } {
  const workers = new Workers(() => installation.startWorker(), clock, random, mix.rates.kill)
  const passMoment = (worker: RunningWorker) => {
    workers.passMoment(worker)
  }
  const installation: Installation = createInstallation({
    directory,
    server,
    config: { ...trafficConfig, apiKey, delivery },
    fetch: networkTo(api, clock, server),
    clock,
    random: () => random.next(),
    trusted: true,
    cache: faultyCache(mix, clock, random),
    beforeEffect: passMoment,
    afterEffect: passMoment,
    onJobDue: () => {
      workers.jobBegins()
      return jobTreatment(mix, random)
    },
    autoRunJobs: true,
    jobLocks,
  })
  return { installation, workers }
}
