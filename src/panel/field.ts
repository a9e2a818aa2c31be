import { jsonText } from '../json'

/**
 * The labels and defaults of plugin.json once more: PostHog gives an app neither, and fills in a default only in its form,
 * so that an app configured through the REST API must bring them itself.
 */
export const settingFields = {
  apiKey: { label: 'Loops API key', default: '' },
  delivery: { label: 'Delivery', default: 'direct', choices: ['direct', 'webhook'] },
  requestsPerSecond: { label: 'Requests a second', default: '10' },
  posthogUrl: { label: 'PostHog address', default: '' },
  dryRun: { label: 'Dry run (mock out HTTP requests)', default: 'No', choices: ['No', 'Yes'] },
  email: { label: 'Email of the user', default: '{person.properties.email}' },
  userId: { label: 'User ID', default: '{event.distinct_id}' },
  excludedEmails: { label: 'Emails to leave out', default: '' },
  trackedEvents: { label: 'Events to send', default: '$pageview' },
  eventFilters: { label: 'Events to send: property filters', default: '' },
  eventProperties: { label: 'Events to send: property mapping', default: 'pathname: {event.properties.$pathname}' },
  includeAllEventProperties: {
    label: 'Events to send: include all properties as attributes',
    default: 'No',
    choices: ['No', 'Yes'],
  },
  eventMailingLists: { label: 'Events to send: mailing lists', default: '' },
  contactEvents: { label: 'Events that update contacts', default: '$identify, $set' },
  contactFilters: { label: 'Update contacts: property filters', default: '' },
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
} as const

export type SettingKey = keyof typeof settingFields

/** The settings as PostHog hands them over: text, or missing where nobody saved the field. */
export type Config = Readonly<Partial<Record<SettingKey, unknown>>>

/** One setting while it is read: its text, and where to report what is wrong with it. */
export interface Field {
  readonly text: string
  readonly reject: (value: unknown, remedy: string) => void
}

export function settingText(value: unknown, fallback: string): string {
  if (value === undefined || value === null) return fallback
  return (typeof value === 'string' ? value : (jsonText(value) ?? '')).trim()
}

export function parseOneOf<Choice extends string>(field: Field, choices: readonly [Choice, ...Choice[]]): Choice {
  const found = choices.find((choice) => choice.toLowerCase() === field.text.toLowerCase())
  if (found === undefined && field.text !== '') {
    field.reject(field.text, `is not one of the choices: write ${choices.map((choice) => `"${choice}"`).join(' or ')}`)
  }
  return found ?? choices[0]
}

export function parseYes(field: Field): boolean {
  return parseOneOf(field, ['No', 'Yes']) === 'Yes'
}
