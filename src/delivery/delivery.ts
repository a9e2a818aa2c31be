import { eventId } from '../posthog/event'
import { own } from '../json'
import type { AppMeta } from '../posthog/meta'
import type { Settings } from '../settings/settings'
import type { LoopsRequest } from '../translate/translate'
import { writeOf, writesToContact } from './contact-log'
import type { SeenLog } from './contact-log'
import { contactValues, identityOf } from './newest'
import type { Identity, Write } from './newest'
import type { WaitingEvent } from './waiting'

/** An event on its way, with the settings of the moment. */
export interface Delivery {
  /** What a job holds of it. */
  readonly waiting: WaitingEvent
  /** What the settings make of the event. */
  readonly request: LoopsRequest
  /** What the event writes to its contact, without what was looked up; `undefined` if it writes nothing. */
  readonly write: Write | undefined
  /** The identifiers whose logs tell what was received since: those of the request, and what the logs tell beside. */
  readonly contact?: Identity
  /** The lines of its first log, if the event has read all of them. */
  readonly seen?: SeenLog | undefined
  /** When PostHog was asked for the person, if it was: milliseconds since 1970. */
  readonly askedAt: number | undefined
  readonly settings: Settings
  readonly meta: AppMeta
}

/**
 * @param ownBody the body that the event gives without what was looked up.
 * @returns the delivery, with what the event writes.
 */
export function deliveryOf(
  { waiting, request, askedAt, settings, meta }: Omit<Delivery, 'write'>,
  ownBody: LoopsRequest['body'],
): Delivery {
  const { email, userId } = request.body
  const write = writesToContact(request)
    ? writeOf(eventId(waiting.event), waiting.receivedAt, { ...ownBody, email, userId })
    : undefined
  return { waiting, request, write, askedAt, settings, meta }
}

/** What a request writes, as the write of the event. */
export function writeIn({ body }: LoopsRequest, { id, at }: Write): Write {
  return { id, at, ...identityOf(body), values: contactValues(body) }
}

/** Since when each value of the request counts: one that was looked up is as old as the look-up. */
export function receiptOf({ write, askedAt, waiting }: Delivery): (name: string) => number {
  return (name) => (askedAt !== undefined && own(write?.values, name) === undefined ? askedAt : waiting.receivedAt)
}

export function isUpdate({ path }: LoopsRequest): boolean {
  return path === '/v1/contacts/update'
}
