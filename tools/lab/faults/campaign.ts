import { VirtualClock } from '../../lib/clock'
import { LoopsApi } from '../../simulators/loops/loops-api'
import { createInstallation } from '../../simulators/posthog/plugin-server'
import type { Installation } from '../../simulators/posthog/plugin-server'
import type { RequestRecord, RunningWorker } from '../../simulators/posthog/records'
import type { ServerVersion } from '../../simulators/posthog/versions'
import { loopsFaults } from './loops-faults'
import { measure, mostInASecond } from './measures'
import type { Outcome } from './measures'
import type { FaultMix } from './fault-mixes'
import { networkTo } from '../../simulators/app/network'
import { Random } from './random'
import { Receipts } from './receipts'
import { faultyCache, jobTreatment } from './server-faults'
import { makeTraffic, trafficConfig } from './traffic'
import type { Person, TrafficOptions } from './traffic'
import { Workers } from './workers'

export interface CampaignOptions extends Omit<TrafficOptions, 'kind'> {
  /** The app's folder. */
  directory: string
  server: ServerVersion
  delivery: 'direct' | 'webhook'
  mix: FaultMix
  seed: number
  /** How many jobs run at once in all workers together. */
  jobRunners: number
  /** From a request to Loops to its answer. */
  loopsMilliseconds: number
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
const setUpMilliseconds = 10_000
const fastestCacheMilliseconds = 0.3
const slowestCacheMilliseconds = 3

/**
 * Sends the traffic through the app under the faults of the mix, until no timer is left or three days have passed on the
 * virtual clock. The same options give the same outcome.
 */
export async function runCampaign(options: CampaignOptions): Promise<Outcome> {
  const { server, mix, delivery, arrivals, seed } = options
  const clock = new VirtualClock()
  const api = new LoopsApi({ apiKey, clock, requestsPerSecond })
  const start = clock.now() + (options.people / requestsPerSecond) * 1000 + setUpMilliseconds
  const traffic = makeTraffic({ ...options, kind: mix.traffic }, start, new Random(`${seed} ${arrivals}`))
  await addContacts(traffic.people, api, clock)
  const before = api.requests().length
  const random = new Random(`${seed} ${arrivals} ${mix.name} ${delivery} ${server.name}`)
  api.setFault(loopsFaults(mix, random))
  const receipts = new Receipts()
  const { installation, workers } = install(options, { api, clock, random, receipts })
  workers.startAll()
  await clock.run(start)
  for (const { event, at } of traffic.arrivals) clock.after(at - start, () => void workers.deliver(event))
  await clock.run(start + longestRun)
  installation.close()
  const { measures, findings } = measure({ wishes: traffic.wishes, receipts, start }, api.requests().slice(before))
  const toLoops = installation.requests.filter(isToLoops).map(({ at }) => at)
  return {
    measures: { ...measures, mostInASecond: mostInASecond(toLoops), killed: workers.killed },
    findings: [...whyTurnedOff(installation), ...findings],
  }
}

function isToLoops({ url }: RequestRecord): boolean {
  return url.startsWith('https://app.loops.so/')
}

/** The finding that explains the losses of an app that PostHog has turned off. */
function whyTurnedOff({ enabled, failures }: Installation): string[] {
  const failed = failures.find(({ failure }) => failure.by === 'setupPlugin' || failure.by === 'load')?.failure
  return enabled || failed === undefined ? [] : [`PostHog has turned the app off: ${failed.name}: ${failed.message}`]
}

/** Creates the contacts first, so that Loops takes requests that carry only a user ID. */
async function addContacts(people: readonly Person[], api: LoopsApi, clock: VirtualClock): Promise<void> {
  const headers = { authorization: `Bearer ${apiKey}` }
  for (const { email, userId, isNew } of people) {
    if (isNew) continue
    api.handle({ method: 'POST', path: '/api/v1/contacts/create', headers, body: JSON.stringify({ email, userId }) })
    await clock.run(clock.now() + 1000 / requestsPerSecond)
  }
}

interface Surroundings {
  api: LoopsApi
  clock: VirtualClock
  random: Random
  receipts: Receipts
}

function install(
  { directory, server, mix, delivery, jobRunners, loopsMilliseconds }: CampaignOptions,
  { api, clock, random, receipts }: Surroundings,
): { installation: Installation; workers: Workers } {
  const start = (runners: number) => installation.startWorker(runners)
  const workers = new Workers({ start, clock, random, killRate: mix.rates.kill, jobRunners })
  const passMoment = (worker: RunningWorker) => {
    workers.passMoment(worker)
  }
  const installation: Installation = createInstallation({
    directory,
    server,
    config: { ...trafficConfig(mix.traffic), apiKey, delivery },
    fetch: networkTo(api, clock, server, loopsMilliseconds),
    clock,
    random: () => random.next(),
    trusted: true,
    cache: faultyCache(server, mix, clock, random),
    cacheMilliseconds: () =>
      fastestCacheMilliseconds + random.next() * (slowestCacheMilliseconds - fastestCacheMilliseconds),
    beforeEffect: passMoment,
    afterEffect: passMoment,
    onHandOver: ({ uuid }, worker) => {
      workers.begin()
      receipts.add(uuid, clock.now(), worker)
    },
    onJobDue: () => {
      workers.begin()
      return jobTreatment(mix, random)
    },
    autoRunJobs: 'polling',
  })
  return { installation, workers }
}
