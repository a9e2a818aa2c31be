import type { AppConfig, CapturedEvent } from '../../lib/shapes'

/** A kind of event, by what the settings make of it. */
export interface EventKind {
  readonly name: string
  readonly isSent: boolean
  /**
   * An event of this kind.
   *
   * @param number its own: no two events have the same ID and properties.
   * @param at when it happened, in milliseconds since 1970. The app sends no old events.
   */
  readonly event: (contact: string, number: number, at: number) => CapturedEvent
}

/** The settings of all kinds. */
export const directConfig: AppConfig = {
  apiKey: 'bench0key',
  delivery: 'direct',
  requestsPerSecond: '10',
  excludedEmails: 'example.org',
  trackedEvents: 'purchase, plan changed',
  eventProperties: 'total: {event.properties.total}, currency: {event.properties.currency}',
  contactEvents: '$identify, plan changed',
  contactProperties: 'plan: {person.properties.plan}, seats: {person.properties.seats}',
}

/** A contact update with both identifiers: it tells the app which email belongs to the user ID. */
export const contactUpdate: EventKind = {
  name: 'contact update, both identifiers',
  isSent: true,
  event: (contact, number, at) =>
    eventOf('$identify', contact, number, at, { ...emailOf(contact), plan: `plan ${number}` }),
}

export const eventKinds: readonly EventKind[] = [
  {
    name: 'matches no setting',
    isSent: false,
    event: (contact, number, at) => eventOf('$autocapture', contact, number, at, {}),
  },
  {
    name: 'skipped (excluded email)',
    isSent: false,
    event: (contact, number, at) => eventOf('purchase', contact, number, at, { email: `${contact}@example.org` }),
  },
  contactUpdate,
  {
    name: 'contact update, user ID alone',
    isSent: true,
    event: (contact, number, at) => eventOf('$identify', contact, number, at, { plan: `plan ${number}` }),
  },
  {
    name: 'event, both identifiers',
    isSent: true,
    event: (contact, number, at) => eventOf('purchase', contact, number, at, emailOf(contact)),
  },
  {
    name: 'event, user ID alone',
    isSent: true,
    event: (contact, number, at) => eventOf('purchase', contact, number, at, {}),
  },
  {
    name: 'event + contact properties, both identifiers',
    isSent: true,
    event: (contact, number, at) =>
      eventOf('plan changed', contact, number, at, { ...emailOf(contact), plan: `plan ${number}` }),
  },
  {
    name: 'event + contact properties, user ID alone',
    isSent: true,
    event: (contact, number, at) => eventOf('plan changed', contact, number, at, { plan: `plan ${number}` }),
  },
]

function emailOf(contact: string): { email: string } {
  return { email: `${contact}@example.com` }
}

function eventOf(
  name: string,
  contact: string,
  number: number,
  at: number,
  person: Record<string, unknown>,
): CapturedEvent {
  const properties = { total: number, currency: 'EUR', $lib: 'posthog-node', $set: { seats: 3, ...person } }
  return {
    uuid: `018f0000-0000-7000-8000-${String(number).padStart(12, '0')}`,
    event: name,
    distinct_id: contact,
    team_id: 1,
    timestamp: new Date(at).toISOString(),
    properties,
  }
}
