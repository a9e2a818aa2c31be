import { VirtualClock } from '../../lib/clock'
import { LoopsApi } from '../../simulators/loops/loops-api'
import { createInstallation } from '../../simulators/posthog/plugin-server'
import type { Installation } from '../../simulators/posthog/plugin-server'
import type { RequestRecord, RunningWorker } from '../../simulators/posthog/records'
import type { ServerVersion } from '../../simulators/posthog/versions'
import { addContacts, apiKey, campaignFaults } from './loops'
import { measure, mostInASecond } from './measures'
import type { Measures, Outcome } from './measures'
import type { FaultMix } from './fault-mixes'
import { networkTo } from '../../simulators/app/network'
import { Random } from './random'
import { Receipts, signed } from './receipts'
import { faultyCache, jobTreatment, slowestCacheMilliseconds } from './server-faults'
import { makeTraffic, trafficConfig } from './traffic'
import type { Arrival, TrafficOptions } from './traffic'
import { Workers } from './workers'

export interface CampaignOptions extends Omit<TrafficOptions, 'kind' | 'load'> {
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
  /** Runs the app in the VM of real servers, which takes many times as long. */
  inVm?: boolean
}

/** A finished campaign. */
export interface CampaignResult {
  readonly campaign: CampaignOptions
  readonly outcome: Outcome
}

/** What Loops allows in a second. */
export const requestsPerSecond = 10

const minute = 60_000
const longestRun = 3 * 24 * 60 * minute
const setUpMilliseconds = 10_000
const fastestCacheMilliseconds = 0.3
const usualCacheMilliseconds = 3
/** How far the clocks of the processes are ahead where they differ. */
const wrongClocks = [0, 1.5 * minute, -1.5 * minute, 10 * minute]

/** How many events a campaign has in all. */
export function eventsOf({ mix, events }: CampaignOptions): number {
  return mix.size?.events ?? events
}

/**
 * Sends the traffic through the app under the faults of the mix, until no timer is left or three days have passed on the
 * virtual clock. The same options give the same outcome.
 */
export async function runCampaign(options: CampaignOptions): Promise<Outcome> {
  const { server, mix, delivery, seed } = options
  const { load, traffic: kind } = mix
  const size = { events: options.events, people: options.people, ...mix.size }
  const clock = new VirtualClock()
  const api = new LoopsApi({ apiKey, clock, requestsPerSecond })
  const start = clock.now() + (size.people / requestsPerSecond) * 1000 + setUpMilliseconds
  const { chatter } = options
  const traffic = makeTraffic({ ...size, chatter, kind, load }, start, new Random(`${seed} ${load}`))
  await addContacts(traffic.people, api, () => clock.run(clock.now() + 1000 / requestsPerSecond))
  const before = api.requests().length
  const random = new Random(`${seed} ${load} ${mix.name} ${delivery} ${server.name}`)
  api.setFault(campaignFaults(mix, random, clock, start))
  const receipts = new Receipts()
  const { installation, workers } = install(options, { api, clock, random, receipts })
  workers.startAll()
  await clock.run(start)
  const end = handOver(traffic.arrivals, start, clock, workers)
  if (mix.clocksDiffer) clock.after((end - start) / 2, () => void workers.restartWithRightClocks())
  const observed = await observe(installation, clock, { start, end })
  installation.close()
  const cacheMilliseconds = mix.rates.slowCache > 0 ? 2 * slowestCacheMilliseconds : 10
  const { writes, watched } = traffic
  const run = { writes, watched, receipts, start, cacheMilliseconds }
  const { measures, findings } = measure(run, api.requests().slice(before))
  const toLoops = installation.requests.filter(isToLoops).map(({ at }) => at)
  return {
    measures: { ...measures, ...observed, mostInASecond: mostInASecond(toLoops), killed: workers.killed },
    findings: [...whyTurnedOff(installation), ...findings],
  }
}

/** Has each event delivered at its time. Returns the time of the last one. */
function handOver(arrivals: readonly Arrival[], start: number, clock: VirtualClock, workers: Workers): number {
  let end = start
  for (const { event, at } of arrivals) {
    clock.after(at - start, () => void workers.deliver(event))
    end = Math.max(end, at)
  }
  return end
}

type Observed = Pick<Measures, 'waiting' | 'redisBytes' | 'keysWithoutLife' | 'redisBytesRead'>

/** Lets the time pass, and looks at the queue and at Redis each minute until the events are over and nothing waits. */
async function observe(
  { jobs, cache }: Installation,
  clock: VirtualClock,
  { start, end }: { start: number; end: number },
): Promise<Observed> {
  const waiting: number[] = []
  let redisBytes = 0
  const isOver = () => clock.now() > end && jobs.pending().length === 0
  while (!isOver() && clock.now() < start + longestRun) {
    await clock.run(clock.now() + minute)
    waiting.push(jobs.pending().length)
    redisBytes = Math.max(redisBytes, cache.usage().bytes)
  }
  await clock.run(start + longestRun)
  const { keysWithoutLife, bytesRead } = cache.usage()
  return { waiting, redisBytes, keysWithoutLife: keysWithoutLife.length, redisBytesRead: bytesRead }
}

function isToLoops({ url }: RequestRecord): boolean {
  return url.startsWith('https://app.loops.so/')
}

/** The finding that explains the losses of an app that PostHog has turned off. */
function whyTurnedOff({ enabled, failures }: Installation): string[] {
  const failed = failures.find(({ failure }) => failure.by === 'setupPlugin' || failure.by === 'load')?.failure
  return enabled || failed === undefined ? [] : [`PostHog has turned the app off: ${failed.name}: ${failed.message}`]
}

interface Surroundings {
  api: LoopsApi
  clock: VirtualClock
  random: Random
  receipts: Receipts
}

function install(
  { directory, server, mix, delivery, jobRunners, loopsMilliseconds, inVm = false }: CampaignOptions,
  { api, clock, random, receipts }: Surroundings,
): { installation: Installation; workers: Workers } {
  const start = (runners: number, ahead: number) => installation.startWorker(runners, () => ahead)
  const clocksAhead = mix.clocksDiffer ? wrongClocks : []
  const { eventsGoTo } = server
  const workers = new Workers({ start, clock, random, killRate: mix.rates.kill, jobRunners, eventsGoTo, clocksAhead })
  const passMoment = (worker: RunningWorker) => {
    workers.passMoment(worker)
  }
  const nameOf = namesOfWorkers()
  const network = networkTo(api, clock, server, mix.loopsMilliseconds ?? loopsMilliseconds)
  const installation: Installation = createInstallation({
    directory,
    server,
    config: { ...trafficConfig(mix.traffic), apiKey, delivery },
    fetch: signed(network, nameOf, () => clock.now()),
    clock,
    random: () => random.next(),
    trusted: !inVm,
    cache: faultyCache(server, mix, clock, random),
    cacheMilliseconds: () =>
      fastestCacheMilliseconds + random.next() * (usualCacheMilliseconds - fastestCacheMilliseconds),
    beforeEffect: passMoment,
    afterEffect: passMoment,
    onHandOver: ({ uuid }, worker) => {
      workers.begin()
      receipts.add(uuid, clock.now(), nameOf(worker))
    },
    onJobDue: () => {
      workers.begin()
      return jobTreatment(mix, random)
    },
    autoRunJobs: 'polling',
  })
  return { installation, workers }
}

function namesOfWorkers(): (worker: RunningWorker) => string {
  const names = new Map<RunningWorker, string>()
  return (worker) => {
    const name = names.get(worker) ?? `worker ${names.size}`
    names.set(worker, name)
    return name
  }
}
