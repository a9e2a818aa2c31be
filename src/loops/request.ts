import { isRecord } from '../json'
import { REQUEST_FIELDS } from './property-names'

/** A request of the Loops API, without the API key. */
export interface LoopsRequest {
  readonly method: 'POST' | 'PUT'
  readonly path: '/v1/events/send' | '/v1/contacts/update'
  /** Loops accepts only one event with this key within 24 hours. */
  readonly idempotencyKey?: string
  readonly body: LoopsBody
  /**
   * The email to add to the body, in a second request, if Loops does not know the user ID. Only `$set_once` gives it, so it
   * may be old: a contact that Loops knows must not get it.
   */
  readonly emailIfUnknown?: string
}

export type LoopsBody = Readonly<Record<string, unknown>>

/** How Loops finds a contact: by either identifier. */
export interface Identity {
  readonly email?: string
  readonly userId?: string
}

/** What a request writes to its contact: `property NAME` and `list ID` with their values. No name of one is a name of the other. */
export type ContactValues = Readonly<Record<string, unknown>>

const PROPERTY = 'property '
const LIST = 'list '

export function isUpdate({ path }: LoopsRequest): boolean {
  return path === '/v1/contacts/update'
}

export function identityOf({ email, userId }: { readonly email?: unknown; readonly userId?: unknown }): Identity {
  return { ...(typeof email === 'string' && { email }), ...(typeof userId === 'string' && { userId }) }
}

/** What the body of a request writes to the contact. */
export function contactValues(body: LoopsBody): ContactValues {
  const properties = Object.entries(body).filter(([name]) => !REQUEST_FIELDS.has(name))
  const lists = isRecord(body.mailingLists) ? Object.entries(body.mailingLists) : []
  return Object.fromEntries([
    ...properties.map(([name, value]) => [PROPERTY + name, value] as const),
    ...lists.map(([id, value]) => [LIST + id, value] as const),
  ])
}

/**
 * The body of a request, its fields in the order of `translate`, so that the same values give the same bytes.
 *
 * @param event the body whose event is sent; `{}` for an update.
 */
export function bodyOf(identity: Identity, values: ContactValues, event: LoopsBody = {}): LoopsBody {
  const { eventName, eventProperties } = event
  const lists = entriesOf(LIST, values)
  return {
    ...Object.fromEntries(entriesOf(PROPERTY, values)),
    ...(eventName !== undefined && { eventName, eventProperties }),
    ...(lists.length > 0 && { mailingLists: Object.fromEntries(lists) }),
    ...identity,
  }
}

function entriesOf(kind: string, values: ContactValues): [string, unknown][] {
  return Object.entries(values)
    .filter(([name]) => name.startsWith(kind))
    .map(([name, value]) => [name.slice(kind.length), value])
}
