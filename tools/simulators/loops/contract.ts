/**
 * The requests, answers and records of the simulator. The ids in comments (G1, U5, V13, ...) name rules of Loops' API. If a
 * comment says "assumed", Loops does not document the rule and the simulator takes the stricter reading.
 */

export interface LoopsApiRequest {
  method: string
  /** With the query, with or without `/api` in front: `/api/v1/contacts/find?email=a%40b.co`. */
  path: string
  /** Names in lower case. */
  headers: Record<string, string>
  body: string
}

export interface LoopsApiResponse {
  status: number
  headers: Record<string, string>
  body: string
}

export type Json = string | number | boolean | null | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json
}

export type PropertyType = 'string' | 'number' | 'boolean' | 'date'
export type PropertyValue = string | number | boolean | null

export interface ContactProperty {
  key: string
  label: string
  type: PropertyType
}

export interface MailingList {
  id: string
  name: string
  description: string | null
  isPublic: boolean
}

/** A contact as `GET /v1/contacts/find` shows it; properties of the team's own stand besides the fixed ones. */
export interface Contact {
  id: string
  email: string
  firstName: string | null
  lastName: string | null
  source: string
  subscribed: boolean
  userGroup: string
  userId: string | null
  mailingLists: Record<string, true>
  /** Double opt-in gates forms only: always null for contacts made through the API (V14). */
  optInStatus: null
  [property: string]: PropertyValue | Record<string, true>
}

/** An event that Loops accepted, with the contact's `email` and `userId` after it was applied. */
export interface RecordedEvent {
  eventName: string
  contactId: string
  email: string
  userId: string | null
  eventProperties: Record<string, PropertyValue>
  idempotencyKey: string | undefined
  /** Milliseconds since 1970. */
  at: number
}

/** A request that reached the simulator, with its result. */
export interface RequestRecord {
  /** Milliseconds since 1970. */
  at: number
  method: string
  path: string
  /** All but `authorization`. */
  headers: Record<string, string>
  /** The body as it was sent. */
  text: string
  /** The body as JSON; undefined if it is not JSON. */
  body: Json | undefined
  /** The status that the sender got. */
  status: number | 'dropped'
  /** The status that the API itself gave; undefined if a fault kept the request from it. */
  handledStatus: number | undefined
}

/** The choices of the simulator where Loops' behaviour is not documented or goes beyond its documentation. */
export interface Strictness {
  /** Answers 405 to `POST /v1/contacts/update`: PUT is the documented method, POST happens to work. */
  strictMethod: boolean
  /** V3: `null` in `eventProperties`. */
  nullEventProperty: 'reject' | 'accept'
  /** V4: an object or array as a contact or event property. */
  nestedValue: 'reject' | 'drop'
  /** V6: a contact property that the team has not declared; never an error. */
  unknownProperty: 'create' | 'ignore'
  /** V7: a contact property whose value is not of the declared type. */
  typeMismatch: 'reject' | 'drop'
  /** V12: a mailing list that does not exist, or a value for it that is not a boolean. */
  unknownMailingList: 'reject' | 'ignore'
  /** Whether an Idempotency-Key is used up by an event whose contact could not be found. */
  idempotencyKeyConsumedByFailedRequest: boolean
}

export const defaultStrictness: Strictness = {
  strictMethod: false,
  nullEventProperty: 'reject',
  nestedValue: 'reject',
  unknownProperty: 'create',
  typeMismatch: 'reject',
  unknownMailingList: 'reject',
  idempotencyKeyConsumedByFailedRequest: false,
}

/** An error answer. An endpoint throws it to reject a request. */
export class Rejection extends Error {
  override name = 'Rejection'

  /** `body` is what the answer holds; null leaves it empty. */
  constructor(
    readonly status: number,
    readonly body: JsonObject | null,
  ) {
    super(`${status} ${JSON.stringify(body)}`)
  }

  /** An error in Loops' own envelope: `{success: false, message}`. */
  static of(status: number, message: string): Rejection {
    return new Rejection(status, { success: false, message })
  }
}

/** A JSON object, neither `null` nor an array. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
