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
  { email, userId }: RequestIdentity,
  { properties }: CapturedEvent,
  personsEmail: unknown,
): string | undefined {
  if (typeof email !== 'string' || typeof personsEmail !== 'string' || isSame(personsEmail, email)) return undefined
  const { $set, $set_once, ...own } = properties
  const place = placeOf(email, own)
  if (place === undefined || placeOf(email, { $set, $set_once }) !== undefined) return undefined
  const effect = userId === undefined ? 'Loops writes to that contact' : 'Loops gives that contact this user ID'
  return (
    `The email comes from {event.properties.${place}}, and the person has another one: ` +
    `if it is somebody else's, ${effect}.`
  )
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

/** The user ID with which each email was sent last. */
export class UserIdsOfEmails {
  private readonly last = new Map<string, string>()

  /** Notes a request, and returns the other user ID with which its email was sent before, if there is one. */
  note({ email, userId }: RequestIdentity): string | undefined {
    if (typeof email !== 'string' || typeof userId !== 'string') return undefined
    const key = email.toLowerCase()
    const before = this.last.get(key)
    if (before !== undefined || this.last.size < MOST_EMAILS) this.last.set(key, userId)
    return before === userId ? undefined : before
  }

  clear(): void {
    this.last.clear()
  }
}
