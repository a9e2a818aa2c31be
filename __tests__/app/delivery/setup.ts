import { appDirectory } from '../../../tools/lib/app-files'
import { VirtualClock } from '../../../tools/lib/clock'
import type { AppConfig, CapturedEvent } from '../../../tools/lib/shapes'
import { networkTo } from '../../../tools/simulators/app/network'
import { LoopsApi } from '../../../tools/simulators/loops/loops-api'
import type { Strictness } from '../../../tools/simulators/loops/contract'
import type { Fault } from '../../../tools/simulators/loops/faults'
import { createInstallation } from '../../../tools/simulators/posthog/plugin-server'
import type { Installation, InstallationOptions } from '../../../tools/simulators/posthog/plugin-server'
import type { Worker } from '../../../tools/simulators/posthog/worker'
import { serverVersion } from '../../../tools/simulators/posthog/versions'
import { apiKey, isSetUpRequest, outsideVm2 } from '../setup'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const start = Date.UTC(2024, 4, 1)

const config: AppConfig = {
  apiKey,
  trackedEvents: 'purchase, $pageview',
  contactEvents: '$identify, $set, purchase',
  eventProperties: '',
  contactProperties: 'plan: {person.properties.plan}, seats: {person.properties.seats}',
}

export interface Simulation {
  clock: VirtualClock
  api: LoopsApi
  app: Installation
  worker: Worker
  /** What goes wrong with the next requests, the first one first. */
  faults: (Fault | undefined)[]
  /** Hands an event to the app at once, in virtual time; `run` lets the time pass. */
  deliver: (event: CapturedEvent, worker?: Worker) => void
  /** Changes these settings, as somebody does in PostHog: the app is loaded anew. */
  configure: (changes: AppConfig) => void
  /** Requests to Loops but for the key check: when, in seconds from the start, method, body. */
  sent: () => [seconds: number, request: string, body: unknown][]
}

const simulations: Simulation[] = []
afterEach(() => {
  simulations.splice(0).forEach(({ app }) => {
    app.close()
  })
})

/** What differs from the usual surroundings. */
export interface Surroundings extends Partial<InstallationOptions> {
  /** What Loops does where its documentation leaves it open. */
  strictness?: Partial<Strictness>
}

export function simulate(
  version = '2024-02',
  changes: AppConfig = {},
  { strictness = {}, ...options }: Surroundings = {},
  clock = new VirtualClock(start),
): Simulation {
  const api = new LoopsApi({
    apiKey: changes.apiKey ?? apiKey,
    clock,
    mailingLists: [{ id: 'l1', name: 'L', description: null, isPublic: true }],
    contactProperties: [
      { key: 'plan', label: 'Plan', type: 'string' },
      { key: 'seats', label: 'Seats', type: 'number' },
    ],
    strictness,
  })
  const faults: (Fault | undefined)[] = []
  api.setFault((request) => (isSetUpRequest(request) ? undefined : faults.shift()))
  const server = serverVersion(version)
  const app = createInstallation({
    directory: appDirectory,
    server,
    config: { ...config, ...changes },
    fetch: networkTo(api, clock, server),
    clock,
    random: () => 0,
    autoRunJobs: true,
    trusted: outsideVm2,
    ...options,
  })
  const worker = app.startWorker()
  const simulation: Simulation = {
    clock,
    api,
    app,
    worker,
    faults,
    deliver: (event, by = worker) => void by.deliver(event),
    configure: (newChanges) => {
      app.configure({ ...config, ...changes, ...newChanges })
    },
    sent: () =>
      api
        .requests()
        .filter((request) => !isSetUpRequest(request))
        .map(({ at, method, path, body }) => [(at - start) / 1000, `${method} ${path.slice(4)}`, body]),
  }
  simulations.push(simulation)
  return simulation
}

/** A simulation of many events, which runs outside vm2 in `npm run test:slow`, too. */
export function simulateMany(
  changes: AppConfig = {},
  options: Partial<InstallationOptions> = {},
  version = '2024-02',
  clock?: VirtualClock,
): Simulation {
  return simulate(version, changes, { trusted: true, ...options }, clock)
}

/** A worker on another server, whose clock is so many milliseconds ahead. They share PostHog's cache and Loops. */
export function workerWithClock(ahead: number, { clock, api, app }: Simulation): Worker {
  const other = createInstallation({
    directory: appDirectory,
    server: app.server,
    config,
    fetch: networkTo(api, clock, app.server),
    clock: {
      now: () => clock.now() + ahead,
      after: (milliseconds, callback) => clock.after(milliseconds, callback),
    },
    cache: app.cache,
    random: () => 0,
    autoRunJobs: true,
    trusted: outsideVm2,
  })
  return other.startWorker()
}

export let serial = 0
export function event(
  name: string,
  properties: Record<string, unknown>,
  changes: Partial<CapturedEvent> = {},
): CapturedEvent {
  serial += 1
  return {
    uuid: `018f0000-0000-7000-8000-${String(serial).padStart(12, '0')}`,
    event: name,
    distinct_id: 'user_1',
    team_id: 1,
    timestamp: new Date(start + serial).toISOString(),
    properties,
    ...changes,
  }
}
export const set = (properties: Record<string, unknown>): CapturedEvent =>
  event('$set', { $set: { email: 'ada@example.com', ...properties } })
export const purchase = (properties: Record<string, unknown> = {}): CapturedEvent =>
  event('purchase', { $set: { email: 'ada@example.com', ...properties } })

/** An update of Ada's contact that names her by the address alone. */
export const byEmail = (plan: string): CapturedEvent =>
  event('$set', { $is_identified: false, $set: { email: 'ada@example.com', plan } }, { distinct_id: 'visitor' })

export const failed = { kind: 'status', status: 500 } as const
