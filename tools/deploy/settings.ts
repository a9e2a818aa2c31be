/** The settings to install, checked as the app's form and the page check them, and against the account in Loops. */
import type { DestinationBody, DestinationMapping } from '../../destination/from-settings/body'
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import type { FromSettings } from '../../destination/from-settings/from-settings'
import { destinationOf, readConfiguration } from '../../destination/from-settings/read'
import type { Configuration } from '../../destination/from-settings/read'
import { getWithKey } from '../../src/loops/client'
import { checkAccount } from '../../src/setup/account-check'
import { parseJsonAt, readTextFile } from '../lib/text-file'
import { UsageError } from '../lib/usage-error'
import { loadHogParser } from '../simulators/hog/syntax-tree'
import type { DeployOptions } from './options'

/** What the command line asks to install. */
export interface Requested {
  readonly body: DestinationBody
  /** True if it says which events are sent, so that the destination may be turned on. */
  readonly isChosen: boolean
}

/**
 * The destination of --config or --events, without its key.
 *
 * @returns `undefined` without both. Then a new installation has the defaults, and an update keeps what is in PostHog.
 * @throws UsageError if the file cannot be read, or if a destination cannot have its settings: one line for each problem.
 */
export async function readSettings({ config: file, events, keys }: DeployOptions): Promise<Requested | undefined> {
  if (events !== undefined) {
    const body = accepted(destinationFromSettings({ trackedEvents: events, apiKey: keys.loops }))
    // A mapping without events would run for every event.
    if (!body.mappings.some(sends)) {
      throw new UsageError('--events is empty: name the events, like --events "user signed up, order completed".')
    }
    return { body, isChosen: true }
  }
  if (file === undefined) return undefined
  const text = readTextFile(file)
  const read = readConfiguration(parseJsonAt(file, text), file, text)
  if (read.refusals !== undefined) throw new UsageError(read.refusals.join('\n'))
  const body = accepted(await checked(read, keys.loops))
  const idle = body.mappings.filter(({ filters }) => filters.events.length + filters.actions.length === 0)
  if (idle.length > 0) throw refused(idle.map(({ name }) => everyEvent(name)))
  return { body, isChosen: !sendsPageviews(body) }
}

/** The configuration as a destination, or why the form of the page would refuse it. */
export async function checked(configuration: Configuration, apiKey: string): Promise<FromSettings> {
  const parser = await loadHogParser()
  return destinationOf(configuration, (text) => parser.template(text), apiKey)
}

function everyEvent(name: string): string {
  const all = '{"id": null, "name": "All events", "type": "events", "order": 0}'
  return `${name}: it has no event, so PostHog would run it for every event: name its events, or write ${all}.`
}

/** The page views of everybody are the default, not the user's choice. */
function sendsPageviews({ mappings }: DestinationBody): boolean {
  return mappings
    .filter(sends)
    .some(({ filters }) => filters.events.some(({ id }) => id === null || id === '$pageview'))
}

function sends({ inputs }: DestinationMapping): boolean {
  return inputs['action']?.value !== 'contact'
}

function accepted({ body, refusals }: FromSettings): DestinationBody {
  if (body === undefined) throw refused(refusals)
  return body
}

function refused(problems: readonly string[]): UsageError {
  return new UsageError(['The settings are rejected:', ...problems.map((problem) => `  ${problem}`)].join('\n'))
}

/**
 * Asks Loops about the key, the mailing lists and the contact properties, as the app does at its set-up.
 *
 * @returns the team of the key, and a warning of the names that the account lacks.
 * @throws UsageError if Loops rejects the key.
 */
export async function checkLoops(
  { mappings }: Pick<DestinationBody, 'mappings'>,
  { keys, loopsSimulator = 'https://app.loops.so' }: DeployOptions,
): Promise<string[]> {
  const names = (key: string): string[] => mappings.flatMap(({ inputs }) => Object.keys(inputs[key]?.value ?? {}))
  const { problem, team, warning } = await checkAccount(
    { listIds: names('mailingLists'), propertyNames: names('contactProperties') },
    keys.loops,
    (path) => getWithKey(`${loopsSimulator}/api${path}`, keys.loops),
  )
  if (problem !== undefined) throw refused([problem])
  return [team, warning].filter((sentence) => sentence !== undefined)
}
