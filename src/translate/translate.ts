import type { CapturedEvent } from '../posthog/event'
import { nameInLoops } from '../settings/event-names'
import { isExcluded } from '../settings/excluded-emails'
import { filteredValue, unmetFilter } from '../settings/filters'
import { withPerson } from '../posthog/person'
import type { EventWithPerson, StoredPerson } from '../posthog/person'
import type { LoopsRequest } from '../loops/request'
import { cutToFit } from '../loops/values'
import type { EventRule, Settings } from '../settings/settings'
import { isTooOld } from './age'
import { emailOf, userIdOf } from './identity'
import { contactProperties, eventProperties, mailingListValues, mailingListsOfEvent } from './properties'
import type { UnmetFilter } from './unwanted'

/** The result of `translate`; `undefined` if the settings do not name the event. */
export type Translation =
  /** `unsent` tells why the request only updates the contact, although the settings ask for the event to be sent. */
  | { readonly request: LoopsRequest; readonly unsent?: SkipReason }
  | { readonly skipped: SkipReason }
  /** The filters that keep the event from all groups of settings that name it. */
  | { readonly unmet: readonly UnmetFilter[] }
  | undefined

/** Why an event that matches the settings is not sent, as a clause for the log. */
export type SkipReason =
  | 'it has neither an email address nor a user ID'
  | 'the settings exclude its email address'
  | 'PostHog did not return the person that a filter needs'
  | typeof TOO_OLD

const TOO_OLD = 'it is older than "Oldest event to send, in hours" allows'

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

  const data = withPerson(event, stored)
  const isOld = eventName !== undefined && isTooOld(event, settings, receivedAt)
  const mayBeSent = eventName !== undefined && !isOld
  const unmetForSending = mayBeSent ? unmetIn(eventsToSend, 'Events to send', data) : undefined
  const unmetForUpdate = isContactEvent ? unmetIn(contactUpdates, 'Update contacts', data) : undefined
  const sends = mayBeSent && unmetForSending === undefined
  const updates = isContactEvent && unmetForUpdate === undefined
  if (!sends && !updates) {
    if (isOld) return { skipped: TOO_OLD }
    return { unmet: [unmetForSending, unmetForUpdate].filter((one) => one !== undefined) }
  }

  const email = emailOf(settings, data)
  const userId = userIdOf(settings, data)
  if (email === undefined && userId === undefined) return { skipped: 'it has neither an email address nor a user ID' }
  if (email !== undefined && isExcluded(settings.excludedEmails, email)) {
    return { skipped: 'the settings exclude its email address' }
  }

  // The mailing lists of the settings win over those that the event brings, and those of the event over those of the contact.
  const mailingLists = {
    ...(settings.mailingListsFromEvents && mailingListsOfEvent(event)),
    ...(updates && mailingListValues(contactUpdates, data)),
    ...(sends && mailingListValues(eventsToSend, data)),
  }
  // The identity is written last, so that no property can overwrite it.
  const body: LoopsRequest['body'] = Object.assign(updates ? contactProperties(contactUpdates, data) : {}, {
    ...(sends && {
      // Loops refuses event names with colons.
      eventName: cutToFit(eventName.replace(/:/g, '_')),
      eventProperties: eventProperties(eventsToSend, data),
    }),
    ...(Object.keys(mailingLists).length > 0 && { mailingLists }),
    ...(email !== undefined && { email }),
    ...(userId !== undefined && { userId }),
  })
  if (sends) return { request: sendEvent(body, event.uuid) }
  return { request: { method: 'PUT', path: '/v1/contacts/update', body }, ...(isOld && { unsent: TOO_OLD }) }
}

/** The first filter of the rule that does not hold; `undefined` if all hold. */
function unmetIn(rule: EventRule, group: UnmetFilter['group'], data: EventWithPerson): UnmetFilter | undefined {
  const filter = unmetFilter(rule.filters, data)
  return filter && { group, place: rule.filters.indexOf(filter) + 1, filter, found: filteredValue(filter, data) }
}

function sendEvent(body: LoopsRequest['body'], uuid: unknown): LoopsRequest {
  const request: LoopsRequest = { method: 'POST', path: '/v1/events/send', body }
  // Loops allows 100 characters; a uuid with other characters could forge an HTTP header.
  return typeof uuid === 'string' && /^[\w-]{1,100}$/.test(uuid) ? { ...request, idempotencyKey: uuid } : request
}
