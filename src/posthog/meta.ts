import type { Meta } from '@posthog/plugin-scaffold'

/** The commands of PostHog's cache, which is a Redis. */
export type Cache = Meta['cache']

/**
 * The part of PostHog's `meta` that the app uses. `jobs` is optional, although the scaffold's types promise it: PostHog
 * servers since late 2024 have no jobs.
 */
export interface PostHogMeta {
  readonly config: Readonly<Record<string, unknown>>
  readonly cache: Cache
  readonly jobs?: JobQueue
}

/** The jobs that the app exports, by name. A job runs once at the given time or later, in any worker. */
export interface JobQueue {
  readonly deliver: (payload: object) => { readonly runAt: (date: Date) => Promise<void> }
}
