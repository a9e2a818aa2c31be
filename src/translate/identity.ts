/** Who an event belongs to in Loops: the email and the user ID of the request. */
import { ownProperty } from '../json'
import type { Properties } from '../json'
import type { CapturedEvent } from '../posthog/event'
import { withSetOnce } from '../posthog/person'
import type { EventWithPerson } from '../posthog/person'
import type { Identity } from '../loops/request'
import { placeholderValue, templateValue } from '../settings/template'
import type { Template } from '../settings/template'
import { fits, isEmail } from '../loops/values'
import type { Settings } from '../settings/settings'

/** Who an event is about. */
export interface EventIdentity extends Identity {
  /**
   * An email that only `$set_once` gives, besides a user ID. It may be old, and Loops would move the contact back to it, so it
   * counts only if Loops does not know the user ID.
   */
  readonly emailIfUnknown?: string
}

/** Who the event belongs to; `undefined` if it has neither an email nor a user ID. */
export function identityOfEvent(settings: Settings, data: EventWithPerson): EventIdentity | undefined {
  const email = emailOf(settings, data)
  const userId = userIdOf(settings, data)
  if (email !== undefined) return { email, ...(userId !== undefined && { userId }) }
  const oldEmail = data.setOnce && emailOf(settings, withSetOnce(data))
  if (userId !== undefined) return { userId, ...(oldEmail !== undefined && { emailIfUnknown: oldEmail }) }
  return oldEmail === undefined ? undefined : { email: oldEmail }
}

/** The first email that the `email` setting yields, without spaces around it; `undefined` if no entry yields one. */
export function emailOf({ email }: Settings, data: EventWithPerson): string | undefined {
  return email.map((template) => addressFrom(template, data)).find((address) => address !== undefined)
}

/** The entries of the `email` setting before the first one that yields an email; all entries if none does. */
export function emailEntriesWithoutAddress(templates: readonly Template[], data: EventWithPerson): readonly Template[] {
  const found = templates.findIndex((template) => addressFrom(template, data) !== undefined)
  return found < 0 ? templates : templates.slice(0, found)
}

/** The user ID that the `userId` setting yields; `undefined` if it is empty, or if the ID is anonymous or shared. */
export function userIdOf({ userId }: Settings, data: EventWithPerson): string | undefined {
  return personalId(textOfPersonalParts(userId, data), data)
}

/** An ID that is not sent because it is not one person's own. */
export interface ImpersonalId {
  readonly isDistinctId: boolean
  /** One of the IDs that many people share, in lower case and without quotes; left out if it is anonymous. */
  readonly shared?: string
}

/** The ID because of which the `userId` setting yields none; `undefined` if it is empty, missing or too long. */
export function impersonalId({ userId }: Settings, data: EventWithPerson): ImpersonalId | undefined {
  const parts = userId.flatMap((part) => (typeof part === 'string' ? [] : [placeholderValue(part, data)]))
  const values = [...parts, textOfPersonalParts(userId, data)]
  const value = values.find((one) => personalId(one, data) === undefined)
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const id = String(value)
  // A pattern that looks for an end takes long for a text of many spaces.
  const word = fits(id) ? withoutQuotes(id).toLowerCase() : ''
  if (word === '') return undefined
  return { isDistinctId: id === data.event.distinct_id, ...(isShared(id) && { shared: word }) }
}

/**
 * True if PostHog may store a person under the event's distinct_id that belongs to this person only, and a URL can hold the ID. It stores
 * one for the IDs of mobile SDKs, too, whether they are anonymous or not.
 */
export function hasOwnPerson({ event, properties }: EventWithPerson): boolean {
  const id = event.distinct_id
  return canBePersonal(id, properties) && !isAnonymous(id, properties) && !/[\p{Cc}\ud800-\udfff]/u.test(id)
}

/** True if many people would share the ID: Loops would make one contact of them. */
function isShared(id: string): boolean {
  return SHARED_ID.test(withoutQuotes(id))
}

function withoutQuotes(id: string): string {
  return id.replace(/^[\s'"]+|[\s'"]+$/g, '')
}

/** The IDs with which PostHog refuses to identify a person (its docs call them illegal distinct IDs). */
const SHARED_ID =
  /^(anonymous|guest|distinct_?id|id|not_authenticated|email|undefined|true|false|null|none|nan|0|\[object object\]|)$/i

function addressFrom(template: Template, data: EventWithPerson): string | undefined {
  const value = template.length === 1 ? templateValue(template, data) : textOfPersonalParts(template, data)
  return typeof value === 'string' && isEmail(value.trim()) ? value.trim() : undefined
}

/** Fills in the template. Returns `undefined` if a part is missing, anonymous or shared: people would share the result. */
function textOfPersonalParts(template: Template, data: EventWithPerson): string | undefined {
  const parts = template.map((part) =>
    typeof part === 'string' ? part : personalId(placeholderValue(part, data), data),
  )
  return parts.includes(undefined) ? undefined : parts.join('')
}

/** The value as text if it can be one person's ID: text or a number, not anonymous, not shared, not too long. */
export function personalId(value: unknown, { event, properties }: EventWithPerson): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const id = String(value)
  if (!canBePersonal(id, properties)) return undefined
  if (id !== event.distinct_id) return id
  return isAnonymous(id, properties) || isMadeByMobileSdk(event, properties) ? undefined : id
}

/** True if the ID is not a device's, not shared and not too long. It is never cut: two people could get the same ID. */
function canBePersonal(id: string, properties: Properties): boolean {
  return id !== ownProperty(properties, '$device_id') && fits(id) && !isShared(id)
}

/** True if PostHog's SDKs made the event's distinct_id for a visitor without a name, for many visitors, or for a group. */
function isAnonymous(distinctId: string, properties: Properties): boolean {
  return (
    ownProperty(properties, '$is_identified') === false ||
    ownProperty(properties, '$process_person_profile') === false ||
    ownProperty(properties, '$cookieless_mode') === true ||
    ownProperty(properties, '$anon_distinct_id') === distinctId ||
    // `$company_acme` is a group's, `$posthog_cookieless` that of all visitors without cookies.
    distinctId.startsWith('$') ||
    distinctId.startsWith('cookieless_') ||
    isAnonymousInOldBrowser(distinctId, properties)
  )
}

/**
 * posthog-js of before 2025 writes no `$is_identified`: there only `$user_id` tells who has identified. Comparing with
 * `$device_id` is not enough, because `reset()` keeps the device and makes a new anonymous ID.
 */
function isAnonymousInOldBrowser(distinctId: string, properties: Properties): boolean {
  const hasDevice = (ownProperty(properties, '$device_id') ?? undefined) !== undefined
  const isTold = (ownProperty(properties, '$is_identified') ?? undefined) !== undefined
  return (
    ownProperty(properties, '$lib') === 'web' &&
    hasDevice &&
    !isTold &&
    ownProperty(properties, '$user_id') !== distinctId
  )
}

/**
 * The SDKs for mobile apps do not say whether somebody has identified. The anonymous IDs that they make are UUIDs of version 7,
 * so such an ID counts as one of them, unless `$identify` names it together with the anonymous ID before.
 */
function isMadeByMobileSdk({ event, distinct_id }: CapturedEvent, properties: Properties): boolean {
  if (!MOBILE_SDKS.has(ownProperty(properties, '$lib')) || !UUID_7.test(distinct_id)) return false
  const isNamed = event === '$identify' && (ownProperty(properties, '$anon_distinct_id') ?? '') !== ''
  return !isNamed && ownProperty(properties, '$is_identified') !== true
}

const MOBILE_SDKS = new Set<unknown>([
  ...['posthog-react-native', 'posthog-ios', 'posthog-android', 'posthog-flutter', 'posthog-js-lite'],
])

const UUID_7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/i
