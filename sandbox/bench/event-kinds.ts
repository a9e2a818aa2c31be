import type { Config } from '../../src/panel/field'
import type { CapturedEvent } from '../../src/event'

/** A kind of event, by what the settings make of it. */
export interface EventKind {
  readonly name: string
  readonly isSent: boolean
  /** An event of this kind. `number` is its own: no two events have the same ID and properties. */
  readonly event: (contact: string, number: number) => CapturedEvent
}

/** The settings of all kinds. */
export const directConfig: Config = {
  apiKey: 'bench0key',
  delivery: 'direct',
  requestsPerSecond: '10',
  excludedEmails: 'example.org',
  trackedEvents: 'purchase, plan changed',
  eventProperties: 'total: {event.properties.total}, currency: {event.properties.currency}',
  contactEvents: '$identify, plan changed',
  contactProperties: 'plan: {person.properties.plan}, seats: {person.properties.seats}',
}

/** A contact update with both identifiers: it tells the app which address belongs to the user ID. */
export const contactUpdate: EventKind = {
  name: 'contact update, both identifiers',
  isSent: true,
  event: (contact, number) => eventOf('$identify', contact, number, { ...addressOf(contact), plan: `plan ${number}` }),
}

export const eventKinds: readonly EventKind[] = [
  { name: 'unwanted', isSent: false, event: (contact, number) => eventOf('$autocapture', contact, number, {}) },
  {
    name: 'skipped (excluded address)',
    isSent: false,
    event: (contact, number) => eventOf('purchase', contact, number, { email: `${contact}@example.org` }),
  },
  contactUpdate,
  {
    name: 'contact update, user ID alone',
    isSent: true,
    event: (contact, number) => eventOf('$identify', contact, number, { plan: `plan ${number}` }),
  },
  {
    name: 'event, both identifiers',
    isSent: true,
    event: (contact, number) => eventOf('purchase', contact, number, addressOf(contact)),
  },
  {
    name: 'event, user ID alone',
    isSent: true,
    event: (contact, number) => eventOf('purchase', contact, number, {}),
  },
  {
    name: 'event + contact properties, both identifiers',
    isSent: true,
    event: (contact, number) =>
      eventOf('plan changed', contact, number, { ...addressOf(contact), plan: `plan ${number}` }),
  },
  {
    name: 'event + contact properties, user ID alone',
    isSent: true,
    event: (contact, number) => eventOf('plan changed', contact, number, { plan: `plan ${number}` }),
  },
]

function addressOf(contact: string): { email: string } {
  return { email: `${contact}@example.com` }
}

function eventOf(name: string, contact: string, number: number, person: Record<string, unknown>): CapturedEvent {
  const properties = { total: number, currency: 'EUR', $lib: 'posthog-node', $set: { seats: 3, ...person } }
  return {
    uuid: `018f0000-0000-7000-8000-${String(number).padStart(12, '0')}`,
    event: name,
    distinct_id: contact,
    timestamp: '2024-05-01T10:00:00.000Z',
    properties,
  }
}
