import type { CapturedEvent } from '../event'
import type { EventRule, Settings } from '../settings'
import { withPerson } from '../rules/person'
import type { EventWithPerson, StoredPerson } from '../rules/person'
import { nameInLoops } from '../rules/event-names'
import { filtersHold } from '../rules/filters'
import { emailOf, isExcluded, userIdOf } from './identity'
import { cutToFit, loopsValue, subscription } from '../rules/values'
import type { LoopsValue } from '../rules/values'
import { own } from '../json'
import type { Properties } from '../json'
import { resolve } from '../rules/template'
import { contactNameProblem, nameProblem } from '../rules/mapping'

export interface LoopsRequest {
  readonly method: 'POST' | 'PUT'
  readonly path: '/v1/events/send' | '/v1/contacts/update'
  readonly idempotencyKey?: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Why an event that matches the settings is not sent, as one clause. */
export type SkipReason =
  | 'it has neither an email address nor a user ID'
  | 'its email address is left out by the settings'
  | 'PostHog does not tell of the person that a filter looks at'

/** `undefined`: the settings do not ask for this event. */
export type Translation = { readonly request: LoopsRequest } | { readonly skipped: SkipReason } | undefined

/**
 * Turns an event into at most one request of the Loops API.
 *
 * @param event what a hook received; it is not changed.
 * @param settings what `parseSettings` made of the panel.
 * @param stored the person as PostHog has stored it, where `needsPerson` asks for it.
 * @returns the request, the reason why a wanted event is skipped, or `undefined` for an event that nobody asked for. The
 * same event and settings always give the same answer.
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
    return { skipped: 'its email address is left out by the settings' }
  }

  // An event's own lists win over those of the contact update it also is. Identity comes last: nothing overwrites it.
  const body: LoopsRequest['body'] = Object.assign(updates ? contactProperties(contactUpdates, data) : {}, {
    ...(sends && {
      eventName: cutToFit(eventName.replace(/:/g, '_')),
      eventProperties: loopsProperties(eventsToSend, data.properties, EVENT, data),
    }),
    ...mailingLists({
      ...(updates && subscriptions(contactUpdates, data)),
      ...(sends && subscriptions(eventsToSend, data)),
    }),
    ...(email !== undefined && { email }),
    ...(userId !== undefined && { userId }),
  })
  return { request: sends ? sendEvent(body, event.uuid) : { method: 'PUT', path: '/v1/contacts/update', body } }
}

function contactProperties(rule: EventRule, data: EventWithPerson): Record<string, LoopsValue | null> {
  const values: Record<string, LoopsValue | null> = loopsProperties(rule, data.person, CONTACT, data)
  for (const name of clearedBy(rule, data)) if (own(values, name) === undefined) values[name] = null
  return values
}

/** `null` resets a contact property: those that the removed person properties have fed. */
function clearedBy({ includeAll, mapping }: EventRule, { unset }: EventWithPerson): string[] {
  if (unset.length === 0) return []
  const mapped = [...mapping].filter(([, template]) => {
    const part = typeof template === 'object' && template.length === 1 ? template[0] : undefined
    return typeof part === 'object' && part.of === 'person properties' && unset.includes(part.name)
  })
  const included = includeAll ? unset.map((name) => name.trim()).filter((name) => !isLeftOutOfContact(name)) : []
  return [...included, ...mapped.map(([name]) => name)].filter((name) => name !== 'subscribed')
}

/** What the two places that properties go to allow. */
interface Place {
  readonly isLeftOut: (name: string, data: EventWithPerson) => boolean
  readonly valueOf: (name: string, value: unknown) => LoopsValue | undefined
}

const EVENT: Place = { isLeftOut: isLeftOutOfEvent, valueOf: (_, value) => loopsValue(value) }

const CONTACT: Place = {
  isLeftOut: isLeftOutOfContact,
  valueOf: (name, value) => (name === 'subscribed' ? subscription(value) : loopsValue(value)),
}

function loopsProperties(
  { includeAll, mapping }: EventRule,
  all: Properties,
  { isLeftOut, valueOf }: Place,
  data: EventWithPerson,
): Record<string, LoopsValue> {
  const values: Record<string, LoopsValue> = {}
  const add = (name: string, found: unknown): void => {
    const value = valueOf(name, found)
    if (value !== undefined) values[name] = value
  }
  if (includeAll) {
    for (const written of Object.keys(all)) {
      // Loops takes blanks around a name away.
      const name = written.trim()
      if (!isLeftOut(name, data)) add(name, all[written])
    }
  }
  for (const [name, template] of mapping) add(name, resolve(template, data))
  return values
}

/** PostHog's SDKs write their project key and the distinct_id among the properties of the event. */
function isLeftOutOfEvent(name: string, { event, properties }: EventWithPerson): boolean {
  if (name.startsWith('$') || nameProblem(name) !== undefined) return true
  if (name === 'distinct_id') return properties.distinct_id === event.distinct_id
  return name === 'token' && typeof properties.token === 'string' && properties.token.startsWith('phc_')
}

/** `subscribed: true` would re-subscribe people who left, so that only a mapping may set it. */
function isLeftOutOfContact(name: string): boolean {
  return name.startsWith('$') || name === 'subscribed' || contactNameProblem(name) !== undefined
}

function subscriptions({ mailingLists: lists }: EventRule, data: EventWithPerson): Record<string, boolean> {
  const answers: Record<string, boolean> = {}
  for (const [id, template] of lists) {
    const value = subscription(resolve(template, data))
    if (value !== undefined) answers[id] = value
  }
  return answers
}

function mailingLists(lists: Record<string, boolean>): { mailingLists?: Record<string, boolean> } {
  return Object.keys(lists).length === 0 ? {} : { mailingLists: lists }
}

function sendEvent(body: LoopsRequest['body'], uuid: unknown): LoopsRequest {
  const request: LoopsRequest = { method: 'POST', path: '/v1/events/send', body }
  // Loops takes up to 100 characters; and what is no plain token has no business in an HTTP header.
  return typeof uuid === 'string' && /^[\w-]{1,100}$/.test(uuid) ? { ...request, idempotencyKey: uuid } : request
}
