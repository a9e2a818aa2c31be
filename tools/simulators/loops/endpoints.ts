import { shownContact } from './audience'
import type { Identity } from './audience'
import { Rejection } from './contract'
import type { JsonObject, Strictness } from './contract'
import { isEmail, readContactFields, readEventName, readEventProperties, readIdentity, reservedNames } from './fields'
import type { ClaimedIdentity, FieldRules } from './fields'
import { contactProperty, defaultProperties, isPropertyType } from './properties'
import type { Team } from './team'

/** A request that has passed the checks of path, method, key, rate and body. */
export interface Call {
  team: Team
  teamName: string
  strictness: Strictness
  /** Milliseconds since 1970. */
  at: number
  query: URLSearchParams
  body: JsonObject
  /** The body as it was sent. */
  text: string
  idempotencyKey: string | undefined
}

interface Route {
  method: string
  path: string
  /** Returns the body of a 200 answer; throws a Rejection for any other status. */
  serve: (call: Call) => unknown
  /** Works at Loops without being documented. */
  undocumented?: true
}

const routes: readonly Route[] = [
  { method: 'GET', path: '/v1/api-key', serve: describeKey },
  { method: 'GET', path: '/v1/lists', serve: listMailingLists },
  { method: 'GET', path: '/v1/contacts/properties', serve: listProperties },
  { method: 'POST', path: '/v1/contacts/properties', serve: createProperty },
  { method: 'GET', path: '/v1/contacts/find', serve: findContact },
  { method: 'POST', path: '/v1/contacts/create', serve: createContact },
  { method: 'PUT', path: '/v1/contacts/update', serve: updateContact },
  { method: 'POST', path: '/v1/contacts/update', serve: updateContact, undocumented: true },
  { method: 'POST', path: '/v1/contacts/delete', serve: deleteContact },
  { method: 'POST', path: '/v1/events/send', serve: sendEvent },
]

/** The route of a request; rejects an unknown path (404, assumed) and a method that is not the path's (G2). */
export function routeOf(method: string, path: string, { strictMethod }: Strictness): Route {
  const ofPath = routes.filter((route) => route.path === path)
  if (ofPath.length === 0) throw Rejection.of(404, 'Not found.')
  const route = ofPath.find((each) => each.method === method && !(strictMethod && each.undocumented))
  if (route === undefined) throw new Rejection(405, null)
  return route
}

/** K1. */
function describeKey({ teamName }: Call) {
  return { success: true, teamName }
}

/** L1. */
function listMailingLists({ team }: Call) {
  return team.mailingLists
}

/** P1. */
function listProperties({ team, query }: Call) {
  const properties = [...team.properties.values()]
  if (query.get('list') !== 'custom') return properties
  return properties.filter(({ key }) => !defaultProperties.some((each) => each.key === key))
}

/** PC1 to PC4. */
function createProperty({ team, body: { name, type } }: Call) {
  if (typeof name !== 'string' || name === '') throw Rejection.of(400, 'Invalid name.')
  if (!isPropertyType(type)) throw Rejection.of(400, 'Invalid type.')
  if (reservedNames.has(name)) throw Rejection.of(400, 'Reserved property name.')
  if (team.properties.has(name)) throw Rejection.of(400, 'Property already exists.')
  team.properties.set(name, contactProperty(name, type))
  return { success: true }
}

/** F1, F2. */
function findContact({ team, query }: Call) {
  const wanted = { email: query.get('email') ?? undefined, userId: query.get('userId') ?? undefined }
  return team.audience.find(readOneIdentifier(wanted)).map(shownContact)
}

/** X1, X2. */
function deleteContact({ team, body }: Call) {
  const [contact] = team.audience.find(readOneIdentifier(body))
  if (contact === undefined) throw Rejection.of(404, 'Contact not found.')
  team.audience.remove(contact)
  return { success: true, message: 'Contact deleted.' }
}

/** The email or the user id; rejects both and neither. */
function readOneIdentifier(claimed: ClaimedIdentity): Identity {
  if ((claimed.email === undefined) === (claimed.userId === undefined))
    throw Rejection.of(400, 'Invalid email address.')
  return readIdentity(claimed)
}

/** C1 to C3. */
function createContact(call: Call) {
  const { team, body } = call
  if (!isEmail(body.email)) throw Rejection.of(400, 'Invalid email address.')
  const identity = readIdentity(body)
  const fields = readContactFields(body, rulesFor(call))
  if (team.audience.find(identity).length > 0) throw Rejection.of(409, 'Email or userId is already on list.')
  return { success: true, id: team.write(identity, fields).id }
}

/** U1 to U6. */
function updateContact(call: Call) {
  const identity = readIdentity(call.body)
  const fields = readContactFields(call.body, rulesFor(call))
  const unknownUser = 'userId not found and cannot create a new contact without an email.'
  return { success: true, id: call.team.write(identity, fields, unknownUser).id }
}

/** E1 to E10. */
function sendEvent(call: Call) {
  const { team, body, idempotencyKey, at } = call
  const eventName = readEventName(body)
  const identity = readIdentity(body)
  const eventProperties = readEventProperties(body, call.strictness)
  const fields = readContactFields(body, rulesFor(call), ['eventName', 'eventProperties'])
  rejectUsedKey(call)
  if (call.strictness.idempotencyKeyConsumedByFailedRequest) useKey(call)
  const { id: contactId, email, userId } = team.write(identity, fields)
  useKey(call)
  team.record({ eventName, contactId, email, userId, eventProperties, idempotencyKey, at })
  return { success: true }
}

/** E4 to E6. */
function rejectUsedKey({ team, idempotencyKey, text }: Call): void {
  if (idempotencyKey === undefined) return
  if (idempotencyKey.length > 100) throw Rejection.of(400, 'Idempotency-Key is too long.')
  const usedWith = team.idempotencyKeys.usedWith(idempotencyKey, text)
  if (usedWith === 'nothing') return
  if (usedWith === 'this body') throw Rejection.of(409, 'Request has already been processed.')
  throw Rejection.of(409, 'Idempotency key already used with a different request body.')
}

function useKey({ team, idempotencyKey, text }: Call): void {
  if (idempotencyKey !== undefined) team.idempotencyKeys.use(idempotencyKey, text)
}

function rulesFor({ team, strictness }: Call): FieldRules {
  return { strictness, properties: team.properties, mailingLists: team.mailingLists }
}
