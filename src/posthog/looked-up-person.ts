import type { StoredPerson } from './person'

/** What PostHog has stored of a person. A person that PostHog does not know has no ID and no properties. */
export interface LookedUpPerson extends StoredPerson {
  /** When PostHog was asked: milliseconds since 1970. */
  readonly askedAt: number
  /** At most twenty of the person's distinct_ids. */
  readonly distinctIds: readonly string[]
}
