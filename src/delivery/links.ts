import type { Identity } from '../loops/request'

/** The pairs of user ID and email that this worker remembers. */
export interface Links {
  /** Remembers the link. Returns true if the worker knew it already. */
  readonly note: (identity: Identity) => boolean
  readonly isKnown: (identity: Identity) => boolean
  readonly forget: (identity: Identity) => void
}

/** Some two megabytes. */
const MOST_LINKS = 10_000

export function createLinks(): Links {
  const emails = new Map<string, string>()
  const userIds = new Map<string, string>()

  function isKnown({ email, userId }: Identity): boolean {
    if (email === undefined || userId === undefined) return false
    return emails.get(userId) === email && userIds.get(email) === userId
  }

  return {
    isKnown,
    note: (identity) => {
      const { email, userId } = identity
      if (email === undefined || userId === undefined || isKnown(identity)) return isKnown(identity)
      if (emails.size >= MOST_LINKS) emails.clear()
      if (userIds.size >= MOST_LINKS) userIds.clear()
      emails.set(userId, email)
      userIds.set(email, userId)
      return false
    },
    forget: ({ userId }) => {
      if (userId !== undefined) emails.delete(userId)
    },
  }
}
