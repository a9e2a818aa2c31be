/** The request of a delayed event: its own values, and those received since. */
import { bodyOf, contactValues, identityOf, isUpdate } from '../loops/request'
import { isExcluded } from '../settings/excluded-emails'
import type { ExcludedEmails } from '../settings/excluded-emails'
import type { Delivery } from './delivery'
import { mergeLaterWrites } from './later-writes'
import type { LogEntry } from './waiting'

/** The entries of each identifier, the latest first. */
type Logs = readonly (readonly LogEntry[])[]

/** The delivery with the values received since. */
export function delayedRequest(delivery: Delivery, logs: Logs): Delivery {
  return withLaterWrites(
    delivery.waiting.userIdWasUnknown === true ? withEmailOfUserId(delivery, logs) : delivery,
    logs,
  )
}

/** The delivery with the values and the identity that were received since. Its job keeps what it has taken over. */
function withLaterWrites(delivery: Delivery, logs: Logs): Delivery {
  const { entry, original, request, lookedUpAt, waiting } = delivery
  const write = { entry, values: contactValues(original.body), lookedUpAt, takenOver: waiting.takenOver }
  const { identity, values, from } = mergeLaterWrites(write, logs)
  return {
    ...delivery,
    request: { ...request, body: bodyOf(identity, values, original.body) },
    waiting: { ...waiting, takenOver: { readAt: Date.now(), entries: from } },
  }
}

/**
 * The event of a user ID that Loops did not know, with the latest email in its log, or else the one that the event has in
 * `$set_once`.
 */
function withEmailOfUserId(delivery: Delivery, logs: Logs): Delivery {
  const { entry, original } = delivery
  const logged = logs.flat().find(({ userId, email }) => userId === entry.userId && email !== undefined)?.email
  const email = logged ?? entry.email ?? original.emailIfUnknown
  return email === undefined ? delivery : { ...delivery, entry: { ...entry, email } }
}

/** The reason not to send the request, as a clause for the log; `undefined` if it is sent. */
export function skipReason({ original, request }: Delivery, excludedEmails: ExcludedEmails): string | undefined {
  const { email } = identityOf(request.body)
  if (email !== undefined && isExcluded(excludedEmails, email)) return 'the settings exclude its email address'
  const wroteValues = Object.keys(contactValues(original.body)).length > 0
  const isEmpty = Object.keys(contactValues(request.body)).length === 0
  const isLink = email !== undefined && request.body.userId !== undefined
  return isUpdate(request) && wroteValues && isEmpty && !isLink
    ? 'later events have brought the same properties of its contact'
    : undefined
}
