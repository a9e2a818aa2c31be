/** The settings to install, checked as the app checks them when PostHog sets it up. */
import nodeFetch from 'node-fetch'
import { bodyOf } from '../../destination/from-settings/form'
import { checkedConfig } from '../lib/config-file'
import type { AppConfig } from '../lib/config-file'
import { linesOfProblems } from '../lib/settings-problems'
import { parseJsonAt, readTextFile } from '../lib/text-file'
import { ObservedApp } from '../simulators/app/observed-app'
import type { Outcome } from '../simulators/app/observed-app'
import type { DestinationBody } from '../../destination/from-settings/body'
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import { UsageError } from '../lib/usage-error'
import { fetchOf, routeTo } from '../simulators/posthog/fetch'
import type { Fetch } from '../simulators/posthog/fetch'
import { serverVersion } from '../simulators/posthog/versions'
import type { DeployOptions, Edition } from './options'

const LOOPS = 'https://app.loops.so'

/**
 * What --config gives: settings of the app or, from the playground's form, the destination; neither without a file. Then a
 * new installation has the defaults, and an update keeps what is in PostHog.
 */
export interface GivenSettings {
  readonly app?: AppConfig
  readonly destination?: DestinationBody
}

/** Reads the file without its key. @throws UsageError if it cannot be read, or holds no settings. */
export function readSettings({ config: file }: DeployOptions): GivenSettings {
  if (file === undefined) return {}
  const content = parseJsonAt(file, readTextFile(file))
  if (typeof content === 'object' && content !== null && 'mappings' in content) {
    const { inputs, ...body } = bodyOf(content)
    const { apiKey: _, ...others } = inputs
    return { destination: { ...body, inputs: others } }
  }
  const { apiKey: _, ...app } = checkedConfig(content, file)
  return { app }
}

/**
 * The destination with the settings, or with the defaults, and without its key.
 *
 * @throws UsageError if the settings are wrong, or if a destination cannot have them: one line for each problem.
 */
export function destinationWith({ app = {}, destination }: GivenSettings): DestinationBody {
  if (destination !== undefined) return destination
  const { body, refusals } = destinationFromSettings(app)
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

/**
 * The names of lists and properties in the destination, as the app checks them with Loops. A destination needs no look-up
 * of the person, so what needs one in the app is right.
 */
function settingsToCheck(given: GivenSettings): AppConfig {
  const { mappings } = destinationWith(given)
  const posthogUrl = 'https://posthog.example.com'
  if (given.app !== undefined) return { ...given.app, posthogUrl }
  const names = (key: string): string[] => mappings.flatMap(({ inputs }) => Object.keys(inputs[key]?.value ?? {}))
  const all = (keys: string[], value: string) => JSON.stringify(Object.fromEntries(keys.map((key) => [key, value])))
  return {
    posthogUrl,
    contactProperties: all(names('contactProperties'), '{person.id}'),
    contactMailingLists: all(names('mailingLists'), 'true'),
  }
}

/**
 * Checks the settings and the key as the app does when PostHog sets it up, for either edition: it asks Loops for the team,
 * its mailing lists and contact properties.
 *
 * @returns what the app logs: the team, and a warning of each list or property that the team lacks.
 * @throws UsageError if the edition refuses the settings, or Loops the key.
 */
export async function checkSettings(
  given: GivenSettings,
  edition: Edition,
  { keys, loopsSimulator }: DeployOptions,
): Promise<string[]> {
  if (edition === 'app' && given.destination !== undefined) {
    throw new UsageError(
      'The file of --config has inputs of the destination: for the app, save the settings of the app.',
    )
  }
  const server = serverVersion('2024-02')
  const settings = edition === 'destination' ? settingsToCheck(given) : given.app
  const config = { ...settings, apiKey: keys.loops, dryRun: 'No' }
  const fetch = loopsSimulator === undefined ? fetchOf(server) : routeTo(LOOPS, loopsSimulator, nodeFetch as Fetch)
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
