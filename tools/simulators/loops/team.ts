import type { Clock } from '../../lib/clock'
import { Audience, shownContact, writeFields } from './audience'
import type { ContactFields, Identity, StoredContact } from './audience'
import { Rejection } from './contract'
import type { Contact, ContactProperty, MailingList, RecordedEvent } from './contract'
import { contactProperty, defaultProperties } from './properties'
import { IdempotencyKeys, RateLimit } from './rate-limit'

export interface TeamOptions {
  clock: Clock
  requestsPerSecond: number
  mailingLists: readonly MailingList[]
  contactProperties: readonly ContactProperty[]
  mostShown: number
}

/** The data of one team in Loops. */
export class Team {
  readonly audience = new Audience()
  readonly events: RecordedEvent[] = []
  eventCount = 0
  readonly mailingLists: readonly MailingList[]
  readonly properties: Map<string, ContactProperty>
  readonly rateLimit: RateLimit
  readonly idempotencyKeys: IdempotencyKeys

  private readonly mostShown: number

  constructor({ clock, requestsPerSecond, mailingLists, contactProperties, mostShown }: TeamOptions) {
    this.mostShown = mostShown
    this.mailingLists = mailingLists
    this.properties = new Map([...defaultProperties, ...contactProperties].map((property) => [property.key, property]))
    this.rateLimit = new RateLimit(requestsPerSecond, clock)
    this.idempotencyKeys = new IdempotencyKeys(clock)
  }

  /**
   * Writes to the contact with the email or user ID, or to a new one (U3 to U6, E7, E8), and returns the contact.
   * Throws a Rejection with the message `unknownUser` if there is no contact and no email to create one with.
   */
  write(identity: Identity, fields: ContactFields, unknownUser = 'Contact not found.'): Contact {
    const [found, other] = this.audience.find(identity)
    if (other !== undefined) throw Rejection.of(400, 'Multiple contacts found for the given criteria')
    const contact = found ?? this.add(identity.email, unknownUser)
    this.audience.identify(contact, identity)
    this.declareNew(fields)
    writeFields(contact, fields)
    return shownContact(contact)
  }

  record(event: RecordedEvent): void {
    this.eventCount += 1
    if (this.events.length < this.mostShown) this.events.push(event)
  }

  private add(email: string | undefined, unknownUser: string): StoredContact {
    if (email === undefined) throw Rejection.of(400, unknownUser)
    return this.audience.add(email)
  }

  /** V6: a property not seen before is declared with the type of its first value. */
  private declareNew(fields: ContactFields): void {
    for (const [key, value] of fields.properties) {
      const type = typeof value
      const isType = type === 'string' || type === 'number' || type === 'boolean'
      if (isType && !this.properties.has(key)) this.properties.set(key, contactProperty(key, type))
    }
  }
}
