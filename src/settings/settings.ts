import { parseOneOf, parseYes, problemOfPastedKey, settingFields, settingText } from './field'
import type { Config, Field, SettingKey } from './field'
import { SHORTEST_KEY, onOneLine, quoted, withoutKey, withoutLikelyKeys } from '../redact'
import { parseEventNames } from './event-names'
import type { EventNames } from './event-names'
import { parseExcludedEmails } from './excluded-emails'
import type { ExcludedEmails } from './excluded-emails'
import { parseFilters } from './filters'
import type { PropertyFilter } from './filters'
import { parseEmail, parseUserId } from './identity-templates'
import { parseContactMapping, parseMailingLists, parseMapping } from './mapping'
import type { Mapping } from './mapping'
import { nameProblem } from '../loops/property-names'
import type { Template } from './template'
import { HOUR } from '../time'

/** The settings of the panel, parsed. */
export interface Settings {
  readonly apiKey: string
  /** Which hook acts: `onEvent` for "direct", `composeWebhook` for "webhook". */
  readonly delivery: 'direct' | 'webhook'
  readonly requestsPerSecond: number
  /** The PostHog server that returns persons, without a slash at the end; empty if persons are not looked up. */
  readonly posthogUrl: string
  /** An event that is older on its arrival is not sent: milliseconds, `Infinity` without a limit. */
  readonly maxEventAge: number
  /** Whether an object `mailingLists` of an event, or of what it sets, counts besides the lists of the settings. */
  readonly mailingListsFromEvents: boolean
  readonly dryRun: boolean
  /** Where the email is looked for, in order. */
  readonly email: readonly Template[]
  /** Empty if no user ID is sent. */
  readonly userId: Template
  readonly excludedEmails: ExcludedEmails
  readonly eventsToSend: EventRule
  readonly contactUpdates: EventRule
}

/** Which events are sent, or update contacts, and with which properties and mailing lists. */
export interface EventRule {
  readonly events: EventNames
  /** All of them must match. */
  readonly filters: readonly PropertyFilter[]
  /** The event properties, or the contact properties, by their names in Loops. */
  readonly mapping: Mapping
  /** Whether all properties of the event, or of the person, are sent besides the mapping. */
  readonly includeAll: boolean
  readonly mailingLists: Mapping
}

/** The settings, or every problem in them: each in one sentence with the field's label, the value and the remedy. */
export type ReadSettings =
  | { readonly settings: Settings; readonly problems?: undefined }
  | { readonly problems: readonly string[]; readonly settings?: undefined }

/**
 * Parses the settings of the panel.
 *
 * @throws Error whose message lists the problems that `readSettings` finds.
 */
export function parseSettings(config: Config): Settings {
  const { settings, problems } = readSettings(config)
  if (settings === undefined) throw new Error(`Loops settings: ${problems.join(' ')}`)
  return settings
}

/**
 * Reads the settings of the panel. No problem shows the API key.
 *
 * @param config `meta.config`. An omitted setting takes the default of plugin.json. An empty string is a value, not the default.
 */
export function readSettings(config: Config): ReadSettings {
  const problems: string[] = []
  const apiKey = settingText(config.apiKey, '')
  const field = fieldsOf(config, apiKey, problems)

  const settings: Settings = {
    apiKey: parseApiKey(field('apiKey')),
    email: parseEmail(field('email')),
    userId: parseUserId(field('userId')),
    excludedEmails: parseExcludedEmails(field('excludedEmails')),
    eventsToSend: {
      events: parseEventNames(field('trackedEvents'), { renamed: true }),
      mapping: parseMapping(field('eventProperties'), nameProblem),
      includeAll: parseYes(field('includeAllEventProperties')),
      mailingLists: parseMailingLists(field('eventMailingLists')),
      filters: parseFilters(field('eventFilters')),
    },
    contactUpdates: {
      events: parseEventNames(field('contactEvents'), { renamed: false }),
      mapping: parseContactMapping(field('contactProperties')),
      includeAll: parseYes(field('includeAllPersonProperties')),
      mailingLists: parseMailingLists(field('contactMailingLists')),
      filters: parseFilters(field('contactFilters')),
    },
    dryRun: parseYes(field('dryRun')),
    posthogUrl: parseUrl(field('posthogUrl')),
    maxEventAge: parseHours(field('maxEventAge')),
    mailingListsFromEvents: parseYes(field('mailingListsFromEvents')),
    requestsPerSecond: parseRate(field('requestsPerSecond')),
    delivery: parseOneOf(field('delivery'), settingFields.delivery.choices),
  }

  if (settings.delivery === 'webhook' && settings.posthogUrl !== '') {
    field('posthogUrl').reject(
      settings.posthogUrl,
      'does not work with "webhook" delivery: leave it empty, or choose "direct"',
    )
  }
  const hasPersonId = settings.userId.some((part) => typeof part === 'object' && part.of === 'person id')
  if (hasPersonId && field('posthogUrl').text === '') {
    const { label } = settingFields.posthogUrl
    field('userId').reject(field('userId').text, `needs a look-up in PostHog: fill in "${label}"`)
  }
  const eventNames = [field('trackedEvents'), field('contactEvents')]
  const areRead = problems.length === 0 || eventNames.every(({ text }) => text === '')
  if (areRead && isOff(settings.eventsToSend) && isOff(settings.contactUpdates)) {
    const { trackedEvents, contactEvents } = settingFields
    problems.push(`Both event lists are empty: fill in "${trackedEvents.label}" or "${contactEvents.label}".`)
  }
  if (problems.length === 0) return { settings }
  return { problems: problems.map((problem) => onOneLine(withoutLikelyKeys(withoutKey(problem, apiKey)))) }
}

/**
 * The fields by their keys. A field into which the API key was pasted is a problem of its own, counts as its default, and
 * rejects nothing more: no message can then show a part of the key.
 */
function fieldsOf(config: Config, apiKey: string, problems: string[]): (key: SettingKey) => Field {
  const text = (key: SettingKey): string => settingText(config[key], settingFields[key].default)
  const keys = Object.keys(settingFields) as SettingKey[]
  const withKey = keys.filter((key) => {
    const problem = key === 'apiKey' ? undefined : problemOfPastedKey(text(key), apiKey)
    if (problem !== undefined) problems.push(`${settingFields[key].label}: ${problem}`)
    return problem !== undefined
  })
  return (key) => {
    const { label, default: fallback } = settingFields[key]
    if (withKey.includes(key)) return { text: fallback, reject: () => undefined }
    return {
      text: text(key),
      reject: (value, problem) => {
        // No message shows the key.
        const subject = key === 'apiKey' ? 'the key' : quoted(value, apiKey, withoutLikelyKeys)
        problems.push(`${label}: ${subject} ${problem}.`)
      },
    }
  }
}

/** True if the rule names no events. */
export function isOff({ events }: EventRule): boolean {
  return events.exact.size === 0 && events.wildcards.length === 0
}

function parseApiKey(field: Field): string {
  const reject = (problem: string): void => {
    field.reject(field.text, `${problem}: copy the key again from Loops, Settings -> API`)
  }
  if (field.text === '') field.reject('', 'is missing: copy a key from Loops, Settings -> API')
  // The characters of a bearer token (RFC 6750): none of them needs escaping in a header or a message.
  else if (!/^[\w.~+/-]+=*$/.test(field.text)) reject('has spaces or special characters inside')
  else if (field.text.length < SHORTEST_KEY) reject(`is shorter than ${SHORTEST_KEY} characters`)
  else if (/^ph[cxs]_/.test(field.text)) reject('is a PostHog key')
  return field.text
}

function parseRate(field: Field): number {
  const rate = Number(field.text)
  if (/^\d+(\.\d+)?$/.test(field.text) && rate > 0 && rate <= 1000) return rate
  field.reject(field.text, 'must be a number above 0 and up to 1000: write 10 unless Loops allows your team more')
  return 1
}

function parseHours({ text, reject }: Field): number {
  if (text === '') return Infinity
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * HOUR
  reject(text, 'must be a number of hours: write one like 24, or leave it empty to send events of any age')
  return Infinity
}

function parseUrl(field: Field): string {
  const isServer =
    /^https?:\/\/([\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?|\[[\da-f:]+\])(:\d{1,5})?(\/[\w./~-]*)?$/iu.test(
      field.text,
    )
  if (isServer && /^https?:\/\/([\w.-]+\.)?posthog\.com\b/i.test(field.text)) {
    field.reject(
      field.text,
      'is PostHog Cloud, which runs no apps: write the URL of your own server, or leave it empty',
    )
    return ''
  }
  const url = isServer && !PAGE.test(field.text) ? field.text : ''
  if (url !== field.text)
    field.reject(field.text, 'is not the URL of a server: write it like https://posthog.example.com')
  return url.replace(/\/+$/, '')
}

/** The pages and endpoints of PostHog whose URL people copy. */
const PAGE =
  /^https?:\/\/[^/]+(?:\/.*)?\/(?:project|organization|login|signup|settings|me|instance|ingestion|apps|insights|dashboard|events|persons|replay|home|data-management|api|static|decide|capture|batch|e)(?:\/|$)/i
