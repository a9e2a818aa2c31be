import type { ContactFields, Identity } from './audience'
import { isJsonObject, Rejection } from './contract'
import type { ContactProperty, Json, JsonObject, MailingList, PropertyValue, Strictness } from './contract'
import { valueOfType } from './properties'

/** The rules that fields are checked against. */
export interface FieldRules {
  strictness: Strictness
  properties: ReadonlyMap<string, ContactProperty>
  mailingLists: readonly MailingList[]
}

/** The identifiers of a request, not yet checked. */
export interface ClaimedIdentity {
  email?: Json | undefined
  userId?: Json | undefined
}

/** V8, PC4. The last two are not in Loops' list: they are fixed parts of a contact, so no property can have their names (assumed). */
export const reservedNames = new Set([
  'id',
  'listId',
  'softDeleteAt',
  'teamId',
  'updatedAt',
  'mailingLists',
  'optInStatus',
])

const MAX_LENGTH = 500

/** G5: the body as a JSON object. */
export function readBody(text: string): JsonObject {
  const body = parsedJson(text)
  if (!isJsonObject(body)) throw Rejection.of(400, 'Invalid request body.')
  return body
}

/** The text as JSON; undefined if it is not JSON. */
export function parsedJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** G4: no key and no value is longer than 500 characters, its quotes counted. Objects and arrays are measured by parts. */
export function checkLengths(body: JsonObject): void {
  const waiting: Json[] = [body]
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value === 'object' && value !== null) {
      for (const part of [...Object.keys(value), ...Object.values<Json>(value)]) waiting.push(part)
    } else if (JSON.stringify(value).length > MAX_LENGTH) {
      throw Rejection.of(400, 'Some body key or value is longer than allowable')
    }
  }
}

/** U1, U2, E2: who the request is for. A user id that is not text, or empty, is rejected (assumed). */
export function readIdentity({ email, userId }: ClaimedIdentity): Identity {
  if (email === undefined && userId === undefined) throw Rejection.of(400, 'You must provide an email or userId.')
  if (email !== undefined && !isEmail(email)) throw Rejection.of(400, 'Invalid email address.')
  if (userId !== undefined && (typeof userId !== 'string' || userId === '')) {
    throw Rejection.of(400, 'userId must be text and not empty.')
  }
  return { email, userId }
}

/** Assumed: something before the `@`, a dot somewhere after it, no space. */
export function isEmail(value: Json | undefined): value is string {
  return typeof value === 'string' && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)
}

/** What to write to the contact: every key of the body but those in `otherKeys` and those that say who it is for. */
export function readContactFields(body: JsonObject, rules: FieldRules, otherKeys: string[] = []): ContactFields {
  const { subscribed, mailingLists } = body
  if (subscribed !== undefined && typeof subscribed !== 'boolean') {
    throw Rejection.of(400, 'subscribed must be true or false.')
  }
  const handled = ['email', 'userId', 'subscribed', 'mailingLists', ...otherKeys]
  const properties = Object.entries(body).flatMap(([key, value]): [string, PropertyValue][] => {
    const checked = handled.includes(key) ? undefined : readContactProperty(key, value, rules)
    return checked === undefined ? [] : [[key, checked]]
  })
  return { subscribed, properties, mailingLists: readMailingLists(mailingLists, rules) }
}

/** V1, V2, V4 to V8; undefined where the property is left out. */
function readContactProperty(key: string, value: Json, rules: FieldRules): PropertyValue | undefined {
  const { strictness, properties } = rules
  if (reservedNames.has(key)) throw Rejection.of(400, `Reserved property name: ${key}.`)
  const plain = readPlainValue(key, value, strictness)
  const declared = properties.get(key)
  if (declared === undefined && (strictness.unknownProperty === 'ignore' || plain === null)) return undefined
  if (declared === undefined || plain === undefined || plain === null) return plain
  const held = valueOfType(plain, declared.type)
  if (held === undefined && strictness.typeMismatch === 'reject') {
    throw Rejection.of(400, `${key} must be of type ${declared.type}.`)
  }
  return held
}

/** V4: neither an object nor an array. */
function readPlainValue(key: string, value: Json, strictness: Strictness): PropertyValue | undefined {
  if (typeof value !== 'object' || value === null) return value
  if (strictness.nestedValue === 'drop') return undefined
  throw Rejection.of(400, `${key} must not be an object or an array.`)
}

/** V11, V12. */
function readMailingLists(value: Json | undefined, rules: FieldRules): [string, boolean][] {
  if (value === undefined) return []
  if (!isJsonObject(value)) throw Rejection.of(400, 'mailingLists must be an object.')
  const entries = Object.entries(value)
  const valid = entries.filter(
    (entry): entry is [string, boolean] =>
      typeof entry[1] === 'boolean' && rules.mailingLists.some((list) => list.id === entry[0]),
  )
  if (valid.length < entries.length && rules.strictness.unknownMailingList === 'reject') {
    throw Rejection.of(400, 'mailingLists must hold ids of mailing lists with true or false.')
  }
  return valid
}

/** E1, E3. */
export function readEventName({ eventName }: JsonObject): string {
  if (typeof eventName !== 'string' || eventName === '') throw Rejection.of(400, 'eventName is required.')
  if (eventName.includes(':')) throw Rejection.of(400, 'Event names can not contain colons.')
  return eventName
}

/** E9, V1, V3, V4, V9. */
export function readEventProperties(
  { eventProperties = {} }: JsonObject,
  strictness: Strictness,
): Record<string, PropertyValue> {
  if (!isJsonObject(eventProperties)) throw Rejection.of(400, 'eventProperties must be an object.')
  const properties = new Map<string, PropertyValue>()
  for (const [key, value] of Object.entries(eventProperties)) {
    const name = key.trim()
    if (properties.has(name)) throw Rejection.of(400, `Two event properties are named ${name}.`)
    const plain = readPlainValue(key, value, strictness)
    if (plain === null && strictness.nullEventProperty === 'reject')
      throw Rejection.of(400, `${name} must not be null.`)
    if (plain !== undefined) properties.set(name, plain)
  }
  return Object.fromEntries(properties)
}
