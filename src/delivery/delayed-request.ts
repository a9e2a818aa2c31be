/** The request of an event that was held up: what its settings make of it, with what was received since. */
import { bodyOf, contactValues, identityOf, isUpdate } from '../loops/request'
import type { LoopsRequest } from '../loops/request'
import { isExcluded } from '../settings/excluded-emails'
import type { ExcludedEmails } from '../settings/excluded-emails'
import type { Delivery } from './delivery'
import { mergeLaterWrites } from './later-writes'
import type { MergedWrite } from './later-writes'
import type { LogEntry } from './waiting'

/** The entries of each identifier, the latest first. */
type Logs = readonly (readonly LogEntry[])[]

/** The email whose log is to be read too, as the user ID has moved to it; `undefined` if there is none. */
export function unreadEmail(delivery: Delivery, logs: Logs): string | undefined {
  const { email } = merged(delivery, logs, false)?.identity ?? {}
  return email === delivery.entry?.email ? undefined : email
}

/**
 * The delivery with what was received since.
 *
 * @param hasWaited whether the request has waited in its lane.
 */
export function delayedRequest(delivery: Delivery, logs: Logs, hasWaited: boolean): Delivery {
  return delivery.waiting.isUnknown === true
    ? withEmailOfUserId(delivery, logs)
    : withLaterWrites(delivery, logs, hasWaited)
}

/** The delivery with the values and the identity that were received since. Its job keeps what it has taken over. */
function withLaterWrites(delivery: Delivery, logs: Logs, hasWaited: boolean): Delivery {
  const merge = merged(delivery, logs, hasWaited)
  if (merge === undefined) return delivery
  const { identity, values, from } = merge
  return {
    ...delivery,
    request: { ...delivery.request, body: bodyOf(identity, values, delivery.own.body) },
    waiting: { ...delivery.waiting, takenOver: { readAt: Date.now(), entries: from } },
  }
}

/**
 * The request of a user ID that Loops did not know, with the latest email that its log tells, or else the one that the event
 * has in `$set_once`.
 */
function withEmailOfUserId(delivery: Delivery, logs: Logs): Delivery {
  const { own, request } = delivery
  const { userId } = identityOf(own.body)
  const logged = logs.flat().find((entry) => entry.userId === userId && entry.email !== undefined)?.email
  const email = logged ?? own.emailIfUnknown
  return email === undefined ? delivery : { ...delivery, request: withEmail(email, request) }
}

/** The request with an email added. Loops may keep the idempotency key of a request that it rejected. */
export function withEmail(email: string, { idempotencyKey, ...request }: LoopsRequest): LoopsRequest {
  const body = bodyOf({ ...identityOf(request.body), email }, contactValues(request.body), request.body)
  return { ...request, body, ...(idempotencyKey !== undefined && { idempotencyKey: `${idempotencyKey}-email` }) }
}

/** Why the request is not sent after all, as a clause for the log; `undefined` if it is sent. */
export function skipReason({ own, request }: Delivery, excludedEmails: ExcludedEmails): string | undefined {
  const { email } = identityOf(request.body)
  if (email !== undefined && isExcluded(excludedEmails, email)) return 'the settings exclude its email address'
  const wroteValues = Object.keys(contactValues(own.body)).length > 0
  const isEmpty = Object.keys(contactValues(request.body)).length === 0
  const isLink = email !== undefined && request.body.userId !== undefined
  return isUpdate(request) && wroteValues && isEmpty && !isLink
    ? 'later events have brought the same properties of its contact'
    : undefined
}

function merged(delivery: Delivery, logs: Logs, carriesAll: boolean): MergedWrite | undefined {
  const { entry, own, lookedUpAt, waiting } = delivery
  if (entry === undefined) return undefined
  const { takenOver } = waiting
  return mergeLaterWrites({ entry, values: contactValues(own.body), lookedUpAt, takenOver, carriesAll }, logs)
}
