/** Signs that a request carries somebody else's email, as that of an invitation: Loops would give that contact the user ID. */
import type { CapturedEvent } from './shapes'

/** The identity in the body of a request, each field if it is a text. */
export interface RequestIdentity {
  readonly email?: unknown
  readonly userId?: unknown
}

/**
 * A sentence about an email that comes from a property of the event, while the person has another one.
 *
 * @param personsEmail the one that PostHog stores once the event is in.
 */
export function emailOfAnother(
  request: RequestIdentity,
  event: CapturedEvent,
  personsEmail: unknown,
): string | undefined {
  if (typeof personsEmail !== 'string') return undefined
  const place = placeInEvent(request, event, { email: personsEmail })
  if (place === undefined) return undefined
  return (
    `The email comes from {event.properties.${place}}, and the person has another one: ` +
    `if it is somebody else's, ${effectOf(request)}.`
  )
}

/**
 * A sentence about an email that comes from a property of the event, with the remedy. Unlike `emailOfAnother` it also
 * tells of a person whose email is unknown.
 *
 * @param stored the properties that PostHog stores of the person once the event is in.
 */
export function emailOfEvent(
  request: RequestIdentity,
  event: CapturedEvent,
  stored: Readonly<Record<string, unknown>>,
): string | undefined {
  // An email that is the distinct_id is the person's own.
  const place = placeInEvent(request, event, { ...stored, distinct_id: event.distinct_id })
  if (place === undefined) return undefined
  return (
    `The email comes from {event.properties.${place}}. It may be somebody else's, as in an invitation, ` +
    `and then ${effectOf(request)}: write {person.properties.email}.`
  )
}

/** The path of the email among the event's own properties, unless it is among those of the person. */
function placeInEvent({ email }: RequestIdentity, { properties }: CapturedEvent, person: object): string | undefined {
  const { $set, $set_once, ...own } = properties
  if (typeof email !== 'string' || placeOf(email, { $set, $set_once, person }) !== undefined) return undefined
  return placeOf(email, own)
}

function effectOf({ userId }: RequestIdentity): string {
  return userId === undefined ? 'Loops writes to that contact' : 'Loops gives that contact this user ID'
}

const DEEPEST = 3

/** The path of the text among the values. */
function placeOf(text: string, values: object, level = 1): string | undefined {
  for (const [name, value] of Object.entries(values) as [string, unknown][]) {
    if (typeof value === 'string' && isSame(value, text)) return name
    const isObject = typeof value === 'object' && value !== null
    const inner = isObject && level < DEEPEST ? placeOf(text, value, level + 1) : undefined
    if (inner !== undefined) return `${name}.${inner}`
  }
  return undefined
}

function isSame(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase()
}

/** More would fill the memory. */
const MOST_EMAILS = 100_000

/** The user ID with which each email was sent last, and the other one before it. */
export class UserIdsOfEmails {
  private readonly last = new Map<string, { userId: string; before: string | undefined }>()

  /**
   * Notes a request, and returns the other user ID with which its email was sent before, if there is one. A request that
   * comes again, as after its preview, gets the same answer.
   */
  note({ email, userId }: RequestIdentity): string | undefined {
    if (typeof email !== 'string' || typeof userId !== 'string') return undefined
    const key = email.toLowerCase()
    const known = this.last.get(key)
    if (known?.userId === userId) return known.before
    const before = known?.userId
    if (known !== undefined || this.last.size < MOST_EMAILS) this.last.set(key, { userId, before })
    return before
  }

  clear(): void {
    this.last.clear()
  }
}
