/**
 * The two editions of one behaviour, the app and the destination in Hog, behind one function. A row of a table in which they
 * must differ carries what the destination does, and why.
 */
import type { CapturedEvent } from '../../src/event'
import type { Config } from '../../src/panel/field'
import type { Mapping } from '../../src/rules/mapping'
import type { Template } from '../../src/rules/template'
import type { Settings } from '../../src/settings'
import { settingsFor, translated } from '../app/given'
import { globalsOf, loadDestination } from '../destination/given'
import type { LoadedDestination, SentRequest } from '../destination/given'
import { inputsOf } from '../destination/inputs-of'
import { matchingOf, stored } from '../destination/matching'
import type { MeantMapping, MeantSettings, Parts } from '../properties/settings'

/** A request, the reason why there is none, or `undefined` if the settings do not ask for the event. */
export type Result = { readonly request: SentRequest } | { readonly skipped: string } | undefined

export interface Edition {
  readonly name: 'app' | 'destination'
  readonly resultOf: (event: CapturedEvent, config: Config) => Result
}

/**
 * What the destination does where it must differ from the app. Not all rows have one: a test takes its row as rest arguments,
 * because Jest gives a test with more arguments than values a callback to wait for.
 */
export interface Difference<Expected> {
  readonly destination: Expected
  readonly because: string
}

/** The app's reasons by the sentences of the destination. */
const REASONS: Readonly<Record<string, string>> = {
  'Nothing is sent: the event has neither an email address nor a user ID.':
    'it has neither an email address nor a user ID',
  'Nothing is sent: "Emails to leave out" has the email address.': 'the settings exclude its email address',
}

let destination: LoadedDestination

/** Compiles the destination; to be called before the tests. */
export async function loadEditions(): Promise<void> {
  destination = await loadDestination()
}

/** For `describe.each`. */
export const editions: readonly (readonly [Edition['name'], Edition])[] = [
  ['app', { name: 'app', resultOf: resultOfApp }],
  ['destination', { name: 'destination', resultOf: resultOfDestination }],
]

/** What the edition is to do: what the app does, unless the row has a difference. */
export function expectedOf<Expected>(
  { name }: Edition,
  expected: Expected,
  difference?: Difference<Expected>,
): Expected {
  return name === 'destination' && difference !== undefined ? difference.destination : expected
}

/** The request of an event; fails if there is none. */
export function requestOf({ resultOf }: Edition, event: CapturedEvent, config: Config): SentRequest {
  const result = resultOf(event, config)
  if (result === undefined || !('request' in result)) throw new Error(`There is no request: ${JSON.stringify(result)}`)
  return result.request
}

function resultOfApp(event: CapturedEvent, config: Config): Result {
  const translation = translated(event, config)
  if (translation === undefined || 'unmet' in translation) return undefined
  if ('skipped' in translation) return { skipped: translation.skipped }
  return { request: translation.request }
}

function resultOfDestination(captured: CapturedEvent, config: Config): Result {
  const event = stored(captured)
  const settings = settingsFor(config)
  const matching = matchingOf(event, settings)
  if (matching === undefined) return undefined
  const { request, sentences, error } = destination.first(
    globalsOf(event),
    inputsOf(meantBy(settings, config), matching),
  )
  expect(error).toBeUndefined()
  if (request !== undefined) return { request }
  const [sentence = ''] = sentences
  return { skipped: REASONS[sentence] ?? sentence }
}

/** The settings as `inputsOf` takes them. */
function meantBy(settings: Settings, config: Config): MeantSettings {
  const { eventsToSend, contactUpdates } = settings
  return {
    config: { ...config, apiKey: settings.apiKey },
    email: settings.email.map(partsOf),
    userId: partsOf(settings.userId),
    excludedEmails: [...settings.excludedEmails],
    eventMapping: entriesOf(eventsToSend.mapping),
    contactMapping: entriesOf(contactUpdates.mapping),
    eventMailingLists: entriesOf(eventsToSend.mailingLists),
    contactMailingLists: entriesOf(contactUpdates.mailingLists),
  }
}

function entriesOf(mapping: Mapping): MeantMapping {
  return [...mapping].map(([name, value]) => [name, typeof value === 'object' ? partsOf(value) : value])
}

function partsOf(template: Template): Parts {
  return template.map((part) => {
    if (typeof part === 'string') return { text: part }
    if (part.of === 'event') return { event: part.field }
    if (part.of === 'person id') return { personId: true }
    return part.of === 'event properties' ? { eventProperty: part.name } : { personProperty: part.name }
  })
}
