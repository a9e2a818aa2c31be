/**
 * The two editions of one behaviour, the app and the destination in Hog, behind one function. A row of a table in which they
 * must differ carries what the destination does, and why.
 */
import type { CapturedEvent } from '../../src/posthog/event'
import type { Config } from '../../src/settings/field'
import { settingsFor, translated } from '../app/setup'
import { globalsOf, loadDestination, withAppsKey } from '../destination/setup'
import type { LoadedDestination, SentRequest } from '../destination/setup'
import { inputsFor, stored } from '../destination/matching'

/**
 * A request, the reason why there is none, or `undefined` if the settings do not ask for the event. `unclear` are the names of
 * the values that are left out because they are not consent.
 */
export type Result =
  | { readonly request: SentRequest; readonly unclear?: readonly string[] }
  | { readonly skipped: string }
  | undefined

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

/** The app's reason by the sentence of the destination. */
function reasonIn(sentence: string): string {
  const [, reason = sentence] = /^Nothing is sent: (.*)\.$/.exec(sentence) ?? []
  return reason
    .replace(/^the event /, 'it ')
    .replace('{[person.properties.email, event.distinct_id]}', '{person.properties.email}, {event.distinct_id}')
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
  const translation = translated(event, config, Date.now())
  if (translation === undefined || 'unmet' in translation) return undefined
  if ('skipped' in translation) return { skipped: translation.skipped + (translation.detail ?? '') }
  const { emailIfUnknown, ...request } = translation.request
  return { request, ...unclearOf(translation.unclearConsent ?? []) }
}

function resultOfDestination(captured: CapturedEvent, config: Config): Result {
  const event = stored(captured)
  const inputs = inputsFor(event, settingsFor(config))
  if (inputs === undefined) return undefined
  const { request, sentences, error } = destination.first(globalsOf(event), inputs)
  expect(error).toBeUndefined()
  if (request !== undefined) return { request: withAppsKey(request), ...unclearOf(sentences.map(unclearName)) }
  return { skipped: reasonIn(sentences.join(' ')) }
}

/** The name in the sentence about a value that is not consent, the only one beside a request. */
function unclearName(sentence: string): string {
  const [, name = ''] =
    /^The value of "(.*)" is not consent, so it is left out: send true, false, yes, no, on, off, 1 or 0\.$/.exec(
      sentence,
    ) ?? []
  expect([name, sentence]).not.toEqual(['', sentence])
  return name
}

function unclearOf(names: readonly string[]): { readonly unclear?: readonly string[] } {
  return names.length === 0 ? {} : { unclear: names }
}
