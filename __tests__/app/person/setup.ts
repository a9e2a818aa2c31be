import { appDirectory } from '../../../tools/lib/app-files'
import { VirtualClock } from '../../../tools/lib/clock'
import { networkTo } from '../../../tools/simulators/app/network'
import type { CapturedEvent } from '../../../tools/lib/shapes'
import { LoopsApi } from '../../../tools/simulators/loops/loops-api'
import { PersonsApi } from '../../../tools/simulators/posthog/persons-api'
import type { Person } from '../../../tools/simulators/posthog/persons-api'
import { createInstallation } from '../../../tools/simulators/posthog/plugin-server'
import type { Installation, InstallationOptions } from '../../../tools/simulators/posthog/plugin-server'
import { serverVersion } from '../../../tools/simulators/posthog/versions'
import { apiKey, isSetUpRequest, outsideVm2 } from '../setup'

export const start = Date.UTC(2024, 4, 1)
export const posthogUrl = 'https://posthog.example.com'

export const ada: Person = {
  uuid: '018e0000-0000-7000-8000-00000000ada1',
  distinct_ids: ['user_1', 'anon-1'],
  properties: { email: 'ada@example.com', firstname: 'Ada', plan: 'pro', $browser: 'Chrome' },
}

const config = {
  apiKey,
  posthogUrl,
  trackedEvents: '$pageview',
  eventProperties: 'plan: {person.properties.plan}, id: {person.id}',
  contactEvents: '$set',
  contactProperties: '',
}

const installations: Installation[] = []
afterEach(() => {
  installations.splice(0).forEach((installation) => {
    installation.close()
  })
})

export function install(
  changes: Record<string, string> = {},
  version = '2024-02',
  persons: Person[] = [ada],
  options: Partial<InstallationOptions> = {},
) {
  const clock = new VirtualClock(start)
  const api = new LoopsApi({ apiKey, clock, requestsPerSecond: 1000 })
  const server = serverVersion(version)
  const personsApi = new PersonsApi(clock, persons)
  const app = createInstallation({
    directory: appDirectory,
    server,
    config: { ...config, requestsPerSecond: '1000', ...changes },
    fetch: networkTo(api, clock, server),
    posthogApi: personsApi.answer,
    clock,
    autoRunJobs: true,
    trusted: outsideVm2,
    ...options,
  })
  installations.push(app)
  const worker = app.startWorker()
  const sent = (): unknown[] =>
    api
      .requests()
      .filter((request) => !isSetUpRequest(request))
      .map(({ body }) => body)
  /** The requests to PostHog but for the check of set-up. */
  const lookUps = () => personsApi.requests.filter(({ url }) => !url.includes('loops-app-set-up'))
  return { clock, api, app, worker, personsApi, lookUps, sent }
}

let serial = 0
export function captured(event: string, properties: Record<string, unknown>, distinct_id = 'user_1'): CapturedEvent {
  serial += 1
  const uuid = `018f0000-0000-7000-8000-${String(serial).padStart(12, '0')}`
  return { uuid, event, distinct_id, team_id: 1, timestamp: new Date(start + serial).toISOString(), properties }
}
