/** Who an event belongs to in Loops: the email address and the user ID of the request. */
import { own } from '../json'
import type { Properties } from '../json'
import type { EventWithPerson } from '../posthog/person'
import { placeholderValue, templateValue } from '../settings/template'
import type { Template } from '../settings/template'
import { fits, isEmail } from '../loops/values'
import type { Settings } from '../settings/settings'

/** The first address that the `email` setting yields, without blanks around it; `undefined` if no entry yields one. */
export function emailOf({ email }: Settings, data: EventWithPerson): string | undefined {
  return email.map((template) => addressFrom(template, data)).find((address) => address !== undefined)
}

/** The entries of the `email` setting before the first one that yields an address; all of them if no entry does. */
export function emailEntriesWithoutAddress(templates: readonly Template[], data: EventWithPerson): readonly Template[] {
  const found = templates.findIndex((template) => addressFrom(template, data) !== undefined)
  return found < 0 ? templates : templates.slice(0, found)
}

/** The user ID that the `userId` setting yields; `undefined` if it is empty, or if the ID is anonymous or shared. */
export function userIdOf({ userId }: Settings, data: EventWithPerson): string | undefined {
  return personalId(textOfPersonalParts(userId, data), data)
}

/** True if the event's distinct_id is one person's own, and one that a URL can hold. */
export function hasOwnPerson(data: EventWithPerson): boolean {
  const id = personalId(data.event.distinct_id, data)
  return id !== undefined && !/[\p{Cc}\ud800-\udfff]/u.test(id)
}

/** True if many people would share the ID: Loops would make one contact of them. */
function isShared(id: string): boolean {
  return SHARED_ID.test(id.replace(/^[\s'"]+|[\s'"]+$/g, ''))
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
  // An ID that is too long is not cut as other text is: two people could get the same ID.
  if (id === own(properties, '$device_id') || !fits(id) || isShared(id)) return undefined
  return id === event.distinct_id && isAnonymous(id, properties) ? undefined : id
}

/** True if PostHog's SDKs made the event's distinct_id for a visitor without a name, for many visitors, or for a group. */
function isAnonymous(distinctId: string, properties: Properties): boolean {
  return (
    own(properties, '$is_identified') === false ||
    own(properties, '$process_person_profile') === false ||
    own(properties, '$cookieless_mode') === true ||
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
  const hasDevice = (own(properties, '$device_id') ?? undefined) !== undefined
  const isTold = (own(properties, '$is_identified') ?? undefined) !== undefined
  return own(properties, '$lib') === 'web' && hasDevice && !isTold && own(properties, '$user_id') !== distinctId
}
