import type { StoredPerson } from '../rules/person'

/** A person in the cache, with the time (milliseconds since 1970) at which PostHog was asked. */
export interface CachedPerson extends StoredPerson {
  readonly askedAt: number
}
