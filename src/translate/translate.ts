import type { CapturedEvent } from '../event'
import { nameInLoops } from '../rules/event-names'
import { filtersHold } from '../rules/filters'
import { withPerson } from '../rules/person'
import type { StoredPerson } from '../rules/person'
import { cutToFit } from '../rules/values'
import type { Settings } from '../settings'
import { emailOf, isExcluded, userIdOf } from './identity'
import { contactProperties, eventProperties, mailingListValues } from './properties'

/** The result of `translate`; `undefined` if the settings do not name the event or a filter does not hold. */
export type Translation = { readonly request: LoopsRequest } | { readonly skipped: SkipReason } | undefined

/** A request of the Loops API, without the API key. */
export interface LoopsRequest {
  readonly method: 'POST' | 'PUT'
  readonly path: '/v1/events/send' | '/v1/contacts/update'
  /** Loops takes an event with a key that it has seen within 24 hours only once. */
  readonly idempotencyKey?: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Why an event that matches the settings is not sent, as a clause for the log. */
export type SkipReason =
  | 'it has neither an email address nor a user ID'
  | 'the settings exclude its email address'
  | 'PostHog did not return the person that a filter needs'

/**
 * Translates an event to at most one request of the Loops API. The result depends on the arguments only.
 *
 * @param event the argument of the hook; it is not changed.
 * @param settings the result of `parseSettings`.
 * @param stored the person that PostHog stores, if `needsPerson` asks for it.
 * @returns the request, or the reason for skipping an event that matches, or `undefined` for an event that does not match.
 */
export function translate(event: CapturedEvent, settings: Settings, stored?: StoredPerson): Translation {
  const { eventsToSend, contactUpdates } = settings
  const eventName = nameInLoops(eventsToSend.events, event.event)
  const isContactEvent = nameInLoops(contactUpdates.events, event.event) !== undefined
  if (eventName === undefined && !isContactEvent) return undefined

  const data = withPerson(event, stored)
  const sends = eventName !== undefined && filtersHold(eventsToSend.filters, data)
  const updates = isContactEvent && filtersHold(contactUpdates.filters, data)
  if (!sends && !updates) return undefined

  const email = emailOf(settings, data)
  const userId = userIdOf(settings, data)
  if (email === undefined && userId === undefined) return { skipped: 'it has neither an email address nor a user ID' }
  if (email !== undefined && isExcluded(settings, email)) {
    return { skipped: 'the settings exclude its email address' }
  }

  // The mailing lists of the event win over those of the contact update.
  const mailingLists = {
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
  return { request: sends ? sendEvent(body, event.uuid) : { method: 'PUT', path: '/v1/contacts/update', body } }
}

function sendEvent(body: LoopsRequest['body'], uuid: unknown): LoopsRequest {
  const request: LoopsRequest = { method: 'POST', path: '/v1/events/send', body }
  // Loops allows 100 characters; a uuid with other characters could forge an HTTP header.
  return typeof uuid === 'string' && /^[\w-]{1,100}$/.test(uuid) ? { ...request, idempotencyKey: uuid } : request
}
