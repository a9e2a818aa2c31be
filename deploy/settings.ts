/** The settings to install, checked as the app checks them when PostHog sets it up. */
import nodeFetch from 'node-fetch'
import { readConfigFile } from '../sandbox/app/config-file'
import type { AppConfig } from '../sandbox/app/config-file'
import { linesOfProblems } from '../sandbox/app/settings-problems'
import { ObservedApp } from '../sandbox/app/observed-app'
import type { Outcome } from '../sandbox/app/observed-app'
import type { DestinationBody } from '../sandbox/hog/destination-body'
import { destinationFromSettings } from '../sandbox/hog/destination-from-settings'
import { UsageError } from '../sandbox/lib/usage-error'
import { fetchOf, routeTo } from '../sandbox/posthog/fetch'
import type { Fetch } from '../sandbox/posthog/fetch'
import { serverVersion } from '../sandbox/posthog/versions'
import type { DeployOptions, Edition } from './options'

const LOOPS = 'https://app.loops.so'

/** The settings of the file without its key, or `undefined` without a file. */
export function readSettings({ config: file }: DeployOptions): AppConfig | undefined {
  if (file === undefined) return undefined
  const { apiKey, ...settings } = readConfigFile(file)
  return settings
}

/**
 * The destination with the settings, or with the defaults, and without its key.
 *
 * @throws UsageError if the settings are wrong, or if a destination cannot have them: one line for each problem.
 */
export function destinationWith(settings: AppConfig = {}): DestinationBody {
  const { body, refusals } = destinationFromSettings(settings)
  if (body === undefined) throw refused(refusals)
  return body
}

function refused(problems: readonly string[]): UsageError {
  return new UsageError(['The settings are refused:', ...problems.map((problem) => `  ${problem}`)].join('\n'))
}

/** An event that makes PostHog set the app up. No settings name it. */
const FIRST_EVENT = {
  uuid: '00000000-0000-7000-8000-000000000000',
  event: 'set-up of npm run deploy',
  distinct_id: 'anonymous',
  team_id: 1,
  properties: {},
  timestamp: '2024-05-01T10:00:00.000Z',
}

/** A destination gets the stored person without it; for the app's own check, what needs a look-up is then right. */
const LOOK_UP = { posthogUrl: 'https://posthog.example.com' }

/**
 * Checks the settings and the key as the app does when PostHog sets it up, for either edition: it asks Loops for the team,
 * its mailing lists and contact properties.
 *
 * @returns what the app logs: the team, and a warning of each list or property that the team lacks.
 * @throws UsageError if the edition refuses the settings, or Loops the key.
 */
export async function checkSettings(
  settings: AppConfig = {},
  edition: Edition,
  { keys, loopsStandIn }: DeployOptions,
): Promise<string[]> {
  if (edition === 'destination') destinationWith(settings)
  const server = serverVersion('2024-02')
  const config = { ...settings, ...(edition === 'destination' && LOOK_UP), apiKey: keys.loops, dryRun: 'No' }
  const fetch = loopsStandIn === undefined ? fetchOf(server) : routeTo(LOOPS, loopsStandIn, nodeFetch as Fetch)
  const app = new ObservedApp({ server, config, fetch: questionsOnly(fetch), trusted: true })
  try {
    const outcome = await app.deliver(FIRST_EVENT)
    if (!app.enabled) throw refused(problemsOf(outcome))
    return outcome.logs.filter(({ message }) => isOfCheck(message)).map(({ message }) => message)
  } finally {
    app.close()
  }
}

/** Lets the app ask Loops and send it nothing: the settings may want every event, and so that of the set-up. */
function questionsOnly(fetch: Fetch): Fetch {
  return (url, init) => {
    if (init?.method === 'GET') return fetch(url, init)
    return Promise.reject(new Error('Nothing is sent before the installation.'))
  }
}

function isOfCheck(message: string): boolean {
  return /^(Connected to Loops|The settings name|The Loops API key could not be checked)/.test(message)
}

function problemsOf({ errors }: Outcome): string[] {
  return linesOfProblems(errors.at(-1)?.message ?? 'The app gives no reason.')
}
