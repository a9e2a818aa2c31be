/**
 * The app's settings as the destination's: inputs, mappings and PostHog's own filters. What a destination cannot do is
 * refused by the setting's label, with the remedy.
 */
import { isDeepStrictEqual } from 'node:util'
import { settingFields, settingText } from '../../src/settings/field'
import type { SettingKey } from '../../src/settings/field'
import { writtenFilters } from '../../src/settings/filters'
import { readSettings } from '../../src/settings/settings'
import type { EventRule, ReadSettings, Settings } from '../../src/settings/settings'
import { HOUR } from '../../src/time'
import { builtDestination } from './body'
import type { DestinationBody, DestinationMapping, EventFilter } from './body'
import { emailExpression, hogExpression, inputText, literalText } from './notation'
import type { Inputs, Refused, WrittenFilter } from './types'

export type AppSettings = Readonly<Record<string, string>>

/** The destination, or why it cannot be made: each problem in one sentence that begins with the setting's label. */
export type FromSettings =
  | { readonly body: DestinationBody; readonly refusals?: undefined }
  | (Refused & { readonly body?: undefined })

/**
 * Writes settings of the app as the body that PostHog's REST API takes to create the destination, as `dist/destination.json`
 * has it. The API key is left out. Test accounts are left out, as they are by default.
 *
 * An event that both "Events to send" and "Events that update contacts" name gets a mapping that does both in one request,
 * if both groups have the same filters and do not disagree on a mailing list; otherwise two mappings make two requests.
 *
 * @param config the text of each setting by its key; a setting that is left out has the default of plugin.json.
 */
export function destinationFromSettings(config: AppSettings): FromSettings {
  const { settings, problems = [] } = settingsOf(config)
  const refusals = [...unavailable(config), ...problems]
  if (settings === undefined) return { refusals }
  refusals.push(
    ...inexpressibleNames('trackedEvents', settings.eventsToSend),
    ...inexpressibleNames('contactEvents', settings.contactUpdates),
  )
  if (refusals.length > 0) return { refusals }
  const inputs = { ...builtDestination.inputs, ...valued(inputsOfIdentity(settings)) }
  return { body: { ...builtDestination, inputs, mappings: mappingsOf(config, settings) } }
}

/** Stands for the key, which the destination gets as a secret input. */
const NO_KEY = 'the-key-of-the-destination'

/** The destination needs no look-up, so settings that need one in the app are valid here. */
function settingsOf({ apiKey = '', ...config }: AppSettings): ReadSettings {
  const key = apiKey === '' ? NO_KEY : apiKey
  return readSettings({ ...config, apiKey: key, delivery: 'direct', posthogUrl: 'https://posthog.example.com' })
}

// ---- What a destination lacks ----

function textOf(config: AppSettings, key: SettingKey): string {
  return settingText(config[key], settingFields[key].default)
}

function refusal(key: SettingKey, problem: string): string {
  return `${settingFields[key].label}: ${problem}.`
}

const UNAVAILABLE: readonly (readonly [key: SettingKey, problem: string])[] = [
  ['posthogUrl', 'a destination needs no look-up, because PostHog gives it the stored person: leave it empty'],
  ['delivery', 'PostHog sends the requests of a destination: write "direct"'],
  ['requestsPerSecond', 'a destination has no rate limit: remove this setting'],
  ['dryRun', 'a destination has no dry run: write "No", and use "Test function" in PostHog'],
]

function unavailable(config: AppSettings): string[] {
  return UNAVAILABLE.filter(([key]) => {
    const { default: normal } = settingFields[key]
    const text = textOf(config, key)
    return text !== '' && text.toLowerCase() !== normal.toLowerCase()
  }).map(([key, problem]) => refusal(key, problem))
}

/** PostHog's filters accept whole names only; `*` alone means every event. */
function inexpressibleNames(key: SettingKey, { events }: EventRule): string[] {
  const remedy = "PostHog's filters take whole names: write each event that you want"
  const wildcards = events.wildcards.filter(({ loopsName }) => loopsName !== undefined || !namesEveryEvent(events))
  const phrases = [
    ...wildcards.map(({ pieces }) => `${JSON.stringify(pieces.join('*'))} has a wildcard, and ${remedy}`),
    ...events.excluded.map(
      ({ pieces }) => `${JSON.stringify(`!${pieces.join('*')}`)} leaves out an event, and ${remedy}`,
    ),
  ]
  return phrases.map((phrase) => refusal(key, phrase))
}

function namesEveryEvent({ wildcards }: EventRule['events']): boolean {
  return wildcards.some(({ pieces, loopsName }) => pieces.join('*') === '*' && loopsName === undefined)
}

// ---- The inputs ----

/** The inputs at the top: who the request is about. */
export function inputsOfIdentity({ email, userId, excludedEmails, ...settings }: Settings): Values {
  const [only, ...others] = email
  const emails = email.map(emailExpression).join(', ')
  return {
    email: only?.length === 1 && others.length === 0 ? `{${emails}}` : `{[${emails}]}`,
    userId: userId.length === 0 ? '' : `{${hogExpression(userId)}}`,
    excludedEmails: literalText([...excludedEmails].join(', ')),
    maxEventAge: Number.isFinite(settings.maxEventAge) ? settings.maxEventAge / HOUR : '',
    mailingListsFromEvents: settings.mailingListsFromEvents,
  }
}

/** Values of inputs by their keys. */
export type Values = Readonly<Record<string, unknown>>

/** The inputs of a mapping. If both groups name a mailing list, the value for events wins. */
export function inputsOfMapping(action: Action, { eventsToSend, contactUpdates }: Settings): Values {
  const [sends, updates] = [action !== 'contact', action !== 'event']
  return {
    action,
    ...(sends && {
      eventNames: eventNames(eventsToSend),
      eventProperties: dictionary(eventsToSend.mapping),
      includeAllEventProperties: eventsToSend.includeAll,
    }),
    contactProperties: updates ? dictionary(contactUpdates.mapping) : {},
    includeAllPersonProperties: updates && contactUpdates.includeAll,
    mailingLists: {
      ...(updates && dictionary(contactUpdates.mailingLists)),
      ...(sends && dictionary(eventsToSend.mailingLists)),
    },
  }
}

/** What Loops does with an event. */
export type Action = 'event' | 'contact' | 'both'

function eventNames({ events }: EventRule): Record<string, string> {
  const renamed = [...events.exact].flatMap(([name, { loopsName = name }]) =>
    loopsName === name ? [] : [[name, literalText(loopsName)] as const],
  )
  return Object.fromEntries(renamed)
}

function dictionary(mapping: EventRule['mapping']): Record<string, string> {
  return Object.fromEntries([...mapping].map(([name, value]) => [name, inputText(value)]))
}

function valued(values: Values): Inputs {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value }]))
}

// ---- The mappings and their filters ----

const [UPDATE, SEND] = builtDestination.mappings as readonly [DestinationMapping, DestinationMapping]
const BOTH = { ...SEND, name: 'Send events and update contacts' }

function mappingsOf(config: AppSettings, settings: Settings): DestinationMapping[] {
  const eventFilters = filtersOf(config, 'eventFilters')
  const contactFilters = filtersOf(config, 'contactFilters')
  const { sent, updated, joined } = namesByAction(settings, isDeepStrictEqual(eventFilters, contactFilters))
  const mapping = (form: DestinationMapping, action: Action, names: Names, properties: readonly WrittenFilter[]) => ({
    ...form,
    inputs: valued(inputsOfMapping(action, settings)),
    filters: { ...form.filters, events: eventsOf(names), properties },
  })
  return [
    mapping(UPDATE, 'contact', updated, contactFilters),
    mapping(SEND, 'event', sent, eventFilters),
    mapping(BOTH, 'both', joined, eventFilters),
  ].filter(({ filters }) => filters.events.length > 0)
}

/** Names of events, or every event. */
type Names = readonly string[] | 'every event'

function namesByAction(
  { eventsToSend, contactUpdates }: Settings,
  haveSameFilters: boolean,
): Readonly<Record<'sent' | 'updated' | 'joined', Names>> {
  const [sent, updated] = [namesOf(eventsToSend), namesOf(contactUpdates)]
  if (!haveSameFilters || disagree(eventsToSend, contactUpdates)) return { sent, updated, joined: [] }
  if (typeof sent !== 'string' && typeof updated !== 'string') {
    return {
      sent: sent.filter((name) => !updated.includes(name)),
      updated: updated.filter((name) => !sent.includes(name)),
      joined: sent.filter((name) => updated.includes(name)),
    }
  }
  return sent === updated ? { sent: [], updated: [], joined: sent } : { sent, updated, joined: [] }
}

function namesOf({ events }: EventRule): Names {
  return namesEveryEvent(events) ? 'every event' : [...events.exact.keys()]
}

/** True if the value of a list may be missing for events, so that the value for contacts would count. */
function disagree({ mailingLists }: EventRule, contactUpdates: EventRule): boolean {
  return [...mailingLists].some(([id, value]) => typeof value === 'object' && contactUpdates.mailingLists.has(id))
}

function eventsOf(names: Names): EventFilter[] {
  if (typeof names === 'string') return [{ id: null, name: 'All events', type: 'events', order: 0 }]
  return names.map((name, order) => ({ id: name, name, type: 'events', order }))
}

/** The filters of a setting in PostHog's JSON; none if the setting is wrong. */
function filtersOf(config: AppSettings, key: 'eventFilters' | 'contactFilters'): readonly WrittenFilter[] {
  const written = writtenFilters({ text: textOf(config, key), reject: () => undefined })
  return written.map((filter) => completed(filter as Partial<WrittenFilter>))
}

/**
 * Fills in the type and the operator, which the app takes as given and PostHog's REST API wants, and writes numbers as
 * numbers: PostHog compares two texts letter by letter.
 */
function completed(written: Partial<WrittenFilter>): WrittenFilter {
  const { key = '', type, operator, value, ...rest } = written
  const isOrder = /^[gl]te?$/.test(operator ?? '')
  const ordered = Array.isArray(value) ? value.map(Number) : Number(value)
  return {
    ...rest,
    key,
    type: type ?? 'event',
    // A null operator means exact.
    operator: operator ?? 'exact',
    ...(value !== undefined && { value: isOrder ? ordered : value }),
  }
}
