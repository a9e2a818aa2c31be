import { contactValues, identityOf, isUpdate } from '../loops/request'
import type { LoopsBody, LoopsRequest } from '../loops/request'
import { eventId } from '../posthog/event'
import type { LogEntry, WaitingEvent } from './waiting'

/** An event that is being delivered, with the current settings. */
export interface Delivery {
  readonly waiting: WaitingEvent
  /** The request that the settings give for the event. */
  readonly original: LoopsRequest
  /** The request that is sent: the same with the values received since. */
  readonly request: LoopsRequest
  /** The values that the event itself writes to its contact, without those looked up. */
  readonly entry: LogEntry
  /** Whether it writes to its contact, or links its identifiers: if so, its entry comes to the log. */
  readonly writes: boolean
  /** When PostHog was asked for the person, if it was: milliseconds since 1970. */
  readonly lookedUpAt: number | undefined
}

/** @param lookedUp when the person was looked up, and the body that the event gives without it. */
export function deliveryOf(
  waiting: WaitingEvent,
  request: LoopsRequest,
  lookedUp?: { readonly at: number; readonly ownBody: LoopsBody },
): Delivery {
  const identity = identityOf(request.body)
  const isLink = identity.email !== undefined && identity.userId !== undefined
  const writes = isUpdate(request) || isLink || Object.keys(contactValues(request.body)).length > 0
  const entry: LogEntry = {
    id: eventId(waiting.event),
    ...identity,
    receivedAt: waiting.receivedAt,
    values: contactValues(lookedUp?.ownBody ?? request.body),
  }
  return { waiting, original: request, request, entry, writes, lookedUpAt: lookedUp?.at }
}
