/** User IDs of which Loops has answered that it knows no contact: requests with nothing else are not sent for a while. */
import { persistently, withoutWaiting } from '../posthog/cache'
import type { AppMeta } from '../posthog/meta'
import type { Settings } from '../settings/settings'
import { MINUTE, SECOND } from '../time'
import type { LoopsRequest } from '../translate/translate'
import { contactLogIn, readLogs } from './contact-log'
import { getFromLoops } from '../loops/client'
import type { WaitingEvent } from './waiting'

const UNKNOWN_FOR = 10 * MINUTE

/** When Loops did not know the user ID of a request without an address: milliseconds since 1970, or `null`. */
export function unknownSince({ body }: LoopsRequest, cache: AppMeta['cache']): Promise<unknown> | undefined {
  return body.email === undefined ? persistently(() => cache.get(unknownKey(body.userId), null)) : undefined
}

/** Whether no event has brought an address for the user ID since. The clocks of two workers may differ by some seconds. */
export async function isStillUnknown({ body }: LoopsRequest, since: number, cache: AppMeta['cache']): Promise<boolean> {
  const userId = String(body.userId)
  try {
    const { writes } = contactLogIn(await readLogs({ userId }, since, cache))
    return !writes.some(({ email, at }) => email !== undefined && at > since - MINUTE)
  } catch {
    return false
  }
}

/**
 * Finds out why Loops has refused a request without an address. Loops refuses for many reasons with the same status, and its
 * messages may change, so only a look tells.
 *
 * @returns whether another try may succeed: Loops did not say, or a contact has come meanwhile or is on its way.
 */
export async function mayBecomeKnown(
  { body }: LoopsRequest,
  { receivedAt, failures }: WaitingEvent,
  settings: Settings,
  meta: AppMeta,
): Promise<boolean> {
  const userId = String(body.userId)
  const askedAt = Date.now()
  // Half a surrogate pair would throw.
  const query = encodeURIComponent(userId.replace(/[\ud800-\udfff]/gu, '\ufffd'))
  const { status, json } = await getFromLoops(`/v1/contacts/find?userId=${query}`, settings, meta)
  if (status !== 200) return status === 0 || status === 429 || status >= 500
  if (!Array.isArray(json)) return false
  const isKnown = json.length > 0
  // The contact may have come after the request.
  if (isKnown && failures === 0) return true
  try {
    const { writes, taken } = contactLogIn(await readLogs({ userId }, receivedAt, meta.cache))
    if (writes.some(({ id, email }) => email !== undefined && (taken.get(id) ?? askedAt) >= askedAt - MINUTE))
      return true
  } catch {
    return false
  }
  if (!isKnown) withoutWaiting(() => meta.cache.set(unknownKey(userId), askedAt, UNKNOWN_FOR / SECOND))
  return false
}

function unknownKey(userId: unknown): string {
  return `unknown-${String(userId)}`
}
