import type { CapturedEvent } from '../posthog/event'
import { nameInLoops } from '../settings/event-names'
import { isExcluded } from '../settings/excluded-emails'
import { unmetFilter } from '../settings/filters'
import { withPerson } from '../posthog/person'
import type { EventWithPerson, StoredPerson } from '../posthog/person'
import type { LoopsRequest } from '../loops/request'
import { cutToFit, isEmail } from '../loops/values'
import type { EventRule, Settings } from '../settings/settings'
import { excessiveAge } from './age'
import { identityOfEvent, impersonalId } from './identity'
import { contactProperties, eventProperties, mailingListValues, mailingListsOfEvent } from './properties'
import type { UnmetGroup } from './skip-reasons'

/** The result of `translate`; `undefined` if the settings do not name the event. */
export type Translation =
  | (Result & {
      /** Why the filters exclude the event from one of the two groups of settings that name it. */
      readonly heldBack?: UnmetGroup
    })
  /** Why the filters exclude the event from all groups of settings that name it. */
  | { readonly unmet: readonly UnmetGroup[] }
  | undefined

/** What becomes of an event that matches a group of settings. */
type Result =
  | {
      readonly request: LoopsRequest
      /** The mailing lists, and `subscribed`, that the request leaves out because their values are not consent. */
      readonly unclearConsent?: readonly string[]
    }
  /** `detail` adds to the reason what is special to this event. */
  | { readonly skipped: SkipReason; readonly detail?: string }

/** Why an event that matches the settings is not sent, as a clause for the log. */
export type SkipReason =
  | 'it has neither an email address nor a user ID'
  | 'it has no email, and its distinct_id is anonymous'
  | 'it has no email, and its user ID is anonymous'
  | `it has no email, and its ${'distinct_id' | 'user ID'} "${string}" is shared by many people`
  | 'it has only a user ID, so its update would change nothing'
  | 'its only email is its distinct_id: write {person.properties.email}, {event.distinct_id} in "Email of the user"'
  | 'the settings exclude its email address'
  | 'PostHog did not return the person that a filter needs'
  | 'it is older than "Maximum event age (hours)" allows'

/**
 * Translates an event to at most one request of the Loops API. The result depends on the arguments only.
 *
 * @param event the argument of the hook; it is not changed.
 * @param settings the result of `parseSettings`.
 * @param receivedAt when PostHog handed the event to the app for the first time: milliseconds since 1970.
 * @param stored the person that PostHog stores, if `needsPerson` asks for it.
 */
export function translate(
  event: CapturedEvent,
  settings: Settings,
  receivedAt: number,
  stored?: StoredPerson,
): Translation {
  const { eventsToSend, contactUpdates } = settings
  const eventName = nameInLoops(eventsToSend.events, event.event)
  const isContactEvent = nameInLoops(contactUpdates.events, event.event) !== undefined
  if (eventName === undefined && !isContactEvent) return undefined
  const age = excessiveAge(event, settings, receivedAt)
  if (age !== undefined) {
    return { skipped: 'it is older than "Maximum event age (hours)" allows', detail: ` (${age})` }
  }

  const data = withPerson(event, stored)
  const unmetForSending = eventName === undefined ? undefined : unmetIn(eventsToSend, 'Events to send', data)
  const unmetForUpdate = isContactEvent ? unmetIn(contactUpdates, 'Update contacts', data) : undefined
  const sentName = unmetForSending === undefined ? eventName : undefined
  const updates = isContactEvent && unmetForUpdate === undefined
  if (sentName === undefined && !updates) {
    return { unmet: [unmetForSending, unmetForUpdate].filter((one) => one !== undefined) }
  }

  const result = resultFor({ sentName, updates }, settings, data)
  const heldBack = unmetForSending ?? unmetForUpdate
  return heldBack === undefined ? result : { ...result, heldBack }
}

function resultFor(use: Use, settings: Settings, data: EventWithPerson): Result {
  const { event } = data
  const identity = identityOfEvent(settings, data)
  if (identity === undefined) return skippedWithoutEmail(event, noIdentityReason(settings, data))
  const { email, userId, emailIfUnknown } = identity
  const anyEmail = email ?? emailIfUnknown
  if (anyEmail !== undefined && isExcluded(settings.excludedEmails, anyEmail)) {
    return { skipped: 'the settings exclude its email address' }
  }

  const { content, unclear } = contentOf(use, settings, data)
  if (anyEmail === undefined && Object.keys(content).length === 0) {
    return skippedWithoutEmail(event, 'it has only a user ID, so its update would change nothing')
  }
  // The identity is written last, so that no property can overwrite it.
  const body = Object.assign(content, email !== undefined && { email }, userId !== undefined && { userId })
  const request = use.sentName === undefined ? updateContact(body) : sendEvent(body, event.uuid)
  return {
    request: emailIfUnknown === undefined ? request : { ...request, emailIfUnknown },
    ...(unclear.length > 0 && { unclearConsent: unclear }),
  }
}

function unmetIn(rule: EventRule, group: UnmetGroup['group'], data: EventWithPerson): UnmetGroup | undefined {
  const unmet = unmetFilter(rule.filters, data)
  return unmet && { group, ...unmet }
}

/** Why the event has no identity. Only IDs that many people share are quoted. */
function noIdentityReason(settings: Settings, data: EventWithPerson): SkipReason {
  const found = impersonalId(settings, data)
  if (found === undefined) return 'it has neither an email address nor a user ID'
  const { isDistinctId, shared } = found
  if (shared !== undefined) {
    return `it has no email, and its ${isDistinctId ? 'distinct_id' : 'user ID'} "${shared}" is shared by many people`
  }
  return isDistinctId
    ? 'it has no email, and its distinct_id is anonymous'
    : 'it has no email, and its user ID is anonymous'
}

/** The reason names the remedy for people whose distinct_id is their email. */
function skippedWithoutEmail({ distinct_id }: CapturedEvent, reason: SkipReason): { readonly skipped: SkipReason } {
  if (!isEmail(distinct_id)) return { skipped: reason }
  return {
    skipped:
      'its only email is its distinct_id: write {person.properties.email}, {event.distinct_id} in "Email of the user"',
  }
}

/** What an event is for: the name under which it is sent, if it is, and whether it updates its contact. */
interface Use {
  readonly sentName: string | undefined
  readonly updates: boolean
}

/**
 * The body without the identity.
 *
 * @returns `unclear` are the mailing lists, and `subscribed`, that are left out because their values are not consent.
 */
function contentOf(
  { sentName, updates }: Use,
  settings: Settings,
  data: EventWithPerson,
): { readonly content: Record<string, unknown>; readonly unclear: readonly string[] } {
  const { eventsToSend, contactUpdates } = settings
  const unclear = new Set<string>()
  const reportUnclear = (name: string): void => void unclear.add(name)
  const properties = updates ? contactProperties(contactUpdates, data, reportUnclear) : {}
  // The mailing lists of the settings win over those that the event brings, and those of the event over those of the contact.
  const mailingLists = {
    ...(settings.mailingListsFromEvents && mailingListsOfEvent(data.event, reportUnclear)),
    ...(updates && mailingListValues(contactUpdates, data, reportUnclear)),
    ...(sentName !== undefined && mailingListValues(eventsToSend, data, reportUnclear)),
  }
  const content = Object.assign(
    properties,
    sentName !== undefined && {
      // Loops rejects event names with colons.
      eventName: cutToFit(sentName.replace(/:/g, '_')),
      eventProperties: eventProperties(eventsToSend, data),
    },
    Object.keys(mailingLists).length > 0 && { mailingLists },
  )
  return { content, unclear: [...unclear].filter((name) => !(name in mailingLists)) }
}

function updateContact(body: LoopsRequest['body']): LoopsRequest {
  return { method: 'PUT', path: '/v1/contacts/update', body }
}

function sendEvent(body: LoopsRequest['body'], uuid: unknown): LoopsRequest {
  const request: LoopsRequest = { method: 'POST', path: '/v1/events/send', body }
  // Loops allows 100 characters; a uuid with other characters could forge an HTTP header.
  return typeof uuid === 'string' && /^[\w-]{1,100}$/.test(uuid) ? { ...request, idempotencyKey: uuid } : request
}
