import type { Contact, PropertyValue } from './contract'

/** The contact that a request names. At least one of the two is given. */
export interface Identity {
  email: string | undefined
  userId: string | undefined
}

/** The checked fields that a request writes to a contact. */
export interface ContactFields {
  subscribed: boolean | undefined
  properties: [key: string, value: PropertyValue][]
  mailingLists: [id: string, member: boolean][]
}

export interface StoredContact {
  readonly id: string
  email: string
  userId: string | null
  subscribed: boolean
  readonly properties: Map<string, PropertyValue>
  readonly mailingLists: Set<string>
  /** The mailing lists that the person left in the Preference Center. */
  readonly listsLeft: Set<string>
}

/** The values of properties that were never written or were reset (V2). */
const emptyProperties = { firstName: null, lastName: null, source: 'API', userGroup: '' }
const emptyValues = new Map<string, PropertyValue>(Object.entries(emptyProperties))

/** The contacts of a team. */
export class Audience {
  private readonly contacts = new Set<StoredContact>()
  private readonly byEmail = new Map<string, StoredContact>()
  private readonly byUserId = new Map<string, StoredContact>()
  private created = 0

  all(): StoredContact[] {
    return [...this.contacts]
  }

  /** The contacts that have the email or the user id: none, one, or two different ones. */
  find({ email, userId }: Identity): StoredContact[] {
    const byEmail = email === undefined ? undefined : this.byEmail.get(comparable(email))
    const byUserId = userId === undefined ? undefined : this.byUserId.get(userId)
    return [...new Set([byEmail, byUserId])].filter((contact) => contact !== undefined)
  }

  /** Adds a contact: subscribed and on no list until told otherwise (U6). */
  add(email: string): StoredContact {
    this.created += 1
    const contact = {
      id: `contact-${this.created}`,
      email,
      userId: null,
      subscribed: true,
      properties: new Map<string, PropertyValue>(),
      mailingLists: new Set<string>(),
      listsLeft: new Set<string>(),
    }
    this.contacts.add(contact)
    this.byEmail.set(comparable(email), contact)
    return contact
  }

  remove(contact: StoredContact): void {
    this.contacts.delete(contact)
    this.byEmail.delete(comparable(contact.email))
    if (contact.userId !== null) this.byUserId.delete(contact.userId)
  }

  /** Overwrites the identifier by which the contact was not found (U5). */
  identify(contact: StoredContact, { email, userId }: Identity): void {
    if (email !== undefined && comparable(email) !== comparable(contact.email)) {
      this.byEmail.delete(comparable(contact.email))
      contact.email = email
      this.byEmail.set(comparable(email), contact)
    }
    if (userId !== undefined && userId !== contact.userId) {
      if (contact.userId !== null) this.byUserId.delete(contact.userId)
      contact.userId = userId
      this.byUserId.set(userId, contact)
    }
  }
}

/** Writes checked fields: V2 (null resets), V10 (subscribed) and V11, V13 (a person who left a mailing list is not added again). */
export function writeFields(contact: StoredContact, fields: ContactFields): void {
  contact.subscribed = fields.subscribed ?? contact.subscribed
  for (const [key, value] of fields.properties) contact.properties.set(key, value ?? emptyValues.get(key) ?? null)
  for (const [id, member] of fields.mailingLists) {
    if (!member) contact.mailingLists.delete(id)
    else if (contact.subscribed && !contact.listsLeft.has(id)) contact.mailingLists.add(id)
  }
}

/** The contact as the API shows it. */
export function shownContact(contact: StoredContact): Contact {
  const { id, email, userId, subscribed } = contact
  const mailingLists = Object.fromEntries([...contact.mailingLists].map((list) => [list, true as const]))
  const fixed = { ...emptyProperties, id, email, subscribed, userId, mailingLists, optInStatus: null }
  return { ...fixed, ...Object.fromEntries(contact.properties) }
}

/** Assumed: case is ignored in emails. */
function comparable(email: string): string {
  return email.toLowerCase()
}
