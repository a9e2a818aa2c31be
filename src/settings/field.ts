import { jsonText } from '../json'
import { holdsKey, holdsPosthogKey } from '../redact'

/**
 * The labels, defaults and choices of plugin.json, which a test compares. PostHog does not pass them to the app, and applies
 * a default only in its form: for an app that is configured through the REST API, these defaults apply.
 */
export const settingFields = {
  apiKey: { label: 'Loops API key', default: '' },
  email: { label: 'Email of the user', default: '{person.properties.email}' },
  userId: { label: 'User ID', default: '{event.distinct_id}' },
  excludedEmails: { label: 'Excluded emails', default: '' },
  trackedEvents: { label: 'Events to send', default: '$pageview' },
  eventProperties: { label: 'Events to send: property mapping', default: 'pathname: {event.properties.$pathname}' },
  includeAllEventProperties: {
    label: 'Events to send: include all properties as attributes',
    default: 'No',
    choices: ['No', 'Yes'],
  },
  eventMailingLists: { label: 'Events to send: mailing lists', default: '' },
  eventFilters: { label: 'Events to send: property filters', default: '' },
  contactEvents: { label: 'Events that update contacts', default: '$identify, $set' },
  contactProperties: {
    label: 'Update contacts: property mapping',
    default: 'firstName: {person.properties.firstname}, lastName: {person.properties.lastname}',
  },
  includeAllPersonProperties: {
    label: 'Update contacts: include all properties as attributes',
    default: 'No',
    choices: ['No', 'Yes'],
  },
  contactMailingLists: { label: 'Update contacts: mailing lists', default: '' },
  contactFilters: { label: 'Update contacts: property filters', default: '' },
  dryRun: { label: 'Dry run (mock out HTTP requests)', default: 'No', choices: ['No', 'Yes'] },
  posthogUrl: { label: 'PostHog address', default: '' },
  maxEventAge: { label: 'Maximum event age (hours)', default: '24' },
  mailingListsFromEvents: { label: 'Take mailing lists from events', default: 'No', choices: ['No', 'Yes'] },
  requestsPerSecond: { label: 'Requests per second', default: '10' },
  delivery: { label: 'Delivery', default: 'direct', choices: ['direct', 'webhook'] },
} as const

export type SettingKey = keyof typeof settingFields

/** `meta.config`: the text of each setting, or no entry if the setting was never saved. */
export type Config = Readonly<Partial<Record<SettingKey, unknown>>>

/** One setting that is being read. */
export interface Field {
  /** The setting without spaces around it, or its default. */
  readonly text: string
  /** Reports a problem, as `LABEL: VALUE PROBLEM.`, and for the API key without the value; the problem ends with the remedy. */
  readonly reject: (value: unknown, problem: string) => void
}

/** The saved text of a setting without spaces around it; the fallback for a setting that was never saved. */
export function settingText(value: unknown, fallback: string): string {
  if (value === undefined || value === null) return fallback
  return (typeof value === 'string' ? value : (jsonText(value) ?? '')).trim()
}

/** What is said of a setting other than the key's into which a key was pasted; `undefined` if it has none. */
export function problemOfPastedKey(text: string, apiKey: string): string | undefined {
  if (holdsPosthogKey(text)) return '"[API key]" is an API key of PostHog: remove it.'
  return holdsKey(text, apiKey)
    ? `"[API key]" is an API key: write it into "${settingFields.apiKey.label}" only.`
    : undefined
}

/**
 * Finds the choice that the setting names, in any case. An empty setting is the first choice; any other text is rejected
 * and gives the first choice, too.
 */
export function parseOneOf<Choice extends string>(field: Field, choices: readonly [Choice, ...Choice[]]): Choice {
  const found = choices.find((choice) => choice.toLowerCase() === field.text.toLowerCase())
  if (found === undefined && field.text !== '') {
    field.reject(field.text, `must be ${choices.map((choice) => `"${choice}"`).join(' or ')}`)
  }
  return found ?? choices[0]
}

/** True if the setting is `Yes`; any text but `Yes`, `No` and an empty one is rejected. */
export function parseYes(field: Field): boolean {
  return parseOneOf(field, ['No', 'Yes']) === 'Yes'
}
