/**
 * What Loops has accepted last: for each identifier of a contact a hash of the request that wrote to it last, and which requests
 * Loops has rejected that had a user ID alone. Both are kept for ten minutes.
 */
import { hashOf } from '../hash'
import { contactValues, identityOf, isUpdate } from '../loops/request'
import type { Identity, LoopsRequest } from '../loops/request'
import { inBackground, withRetries } from '../posthog/cache'
import type { Cache } from '../posthog/meta'
import { MINUTE, SECOND } from '../time'

const ACCEPTED_LIFE = (10 * MINUTE) / SECOND

export interface LastAccepted {
  /**
   * Reads the hash of the user ID, for an update with both identifiers; `undefined` for other requests. Awaits nothing; the
   * answer goes to `isSameForUserId`.
   */
  readonly readForUserId: (request: LoopsRequest) => Promise<unknown> | undefined
  readonly isSameForUserId: (answer: unknown, request: LoopsRequest) => boolean
  /** True if the last request with its email, too, said just what the update says. */
  readonly isSameForEmail: (request: LoopsRequest) => Promise<boolean>
  /** Notes that Loops has accepted a request. */
  readonly note: (request: LoopsRequest) => void
  /** Forgets a contact that may have been deleted in Loops, or whose identifiers may belong to another contact now. */
  readonly forget: (identity: Identity) => void
  /** Reads when Loops has rejected such a request of the user ID: milliseconds since 1970. `undefined` if it has an email. */
  readonly readRejection: (request: LoopsRequest) => Promise<unknown> | undefined
  readonly noteRejection: (request: LoopsRequest) => void
}

export function createLastAccepted(cache: Cache, keyPrefix: string): LastAccepted {
  const userKey = (userId: string): string => `${keyPrefix}accepted-user-${userId}`
  const emailKey = (email: string): string => `${keyPrefix}accepted-email-${email.toLowerCase()}`
  const keysOf = ({ email, userId }: Identity): string[] => [
    ...(userId === undefined ? [] : [userKey(userId)]),
    ...(email === undefined ? [] : [emailKey(email)]),
  ]
  /** The keys that Redis still has from before, although it refuses writes. */
  const outdated = new Set<string>()
  // Loops rejects for other reasons, too, with the same status: that must not stop other events of the user ID.
  const rejectedKey = ({ body }: LoopsRequest): string =>
    `${keyPrefix}rejected-${hashOf(String(body.eventName))}-${String(body.userId)}`
  return {
    readForUserId: (request) => {
      const { email, userId } = identityOf(request.body)
      if (!isUpdate(request) || email === undefined || userId === undefined) return undefined
      return withRetries(() => cache.get(userKey(userId), null))
    },
    isSameForUserId: (answer, request) => {
      const isOutdated = keysOf(identityOf(request.body)).some((key) => outdated.has(key))
      return typeof answer === 'string' && !isOutdated && answer === writtenBy(request)
    },
    isSameForEmail: async (request) => {
      const { email = '' } = identityOf(request.body)
      return writtenBy(request) === (await withRetries(() => cache.get(emailKey(email), null)))
    },
    note: (request) => {
      if (!isUpdate(request) && Object.keys(contactValues(request.body)).length === 0) return
      const hash = writtenBy(request)
      for (const key of keysOf(identityOf(request.body))) {
        outdated.delete(key)
        withRetries(() => cache.set(key, hash, ACCEPTED_LIFE)).catch(() => outdated.add(key))
      }
    },
    forget: (identity) => {
      for (const key of keysOf(identity)) inBackground(() => cache.expire(key, 0))
    },
    readRejection: (request) =>
      request.body.email === undefined ? withRetries(() => cache.get(rejectedKey(request), null)) : undefined,
    noteRejection: (request) => {
      inBackground(() => cache.set(rejectedKey(request), Date.now(), ACCEPTED_LIFE))
    },
  }
}

/** A hash of the identifiers and the values that a request writes, in whatever order. */
function writtenBy({ body }: LoopsRequest): string {
  const values = Object.entries(contactValues(body)).sort(([one], [other]) => (one < other ? -1 : 1))
  return hashOf(JSON.stringify([identityOf(body), values]))
}
