import type { Meta } from '@posthog/plugin-scaffold'
import type { Config } from './panel/field'
import type { Delivery, Undecided } from './payloads'
import type { CachedPerson } from './person/cached-person'
import type { Settings } from './settings'

/**
 * The part of PostHog's `meta` that the app uses. `jobs` is optional, although the scaffold's types promise it: PostHog
 * servers since late 2024 have no jobs.
 */
export type AppMeta = Pick<ScaffoldMeta, 'config' | 'global' | 'cache'> & Partial<Pick<ScaffoldMeta, 'jobs'>>

type ScaffoldMeta = Meta<{ config: Config; global: Memory; jobs: { deliver: Delivery; decide: Undecided } }>

/** `meta.global`: the values that all hooks of one worker share. */
export interface Memory {
  settings?: Settings
  /** The running or finished check of the API key. PostHog may call `setupPlugin` twice at once if the app has two hooks. */
  accountCheck?: Promise<string | undefined>
  /** The reasons for skipping an event that are already in the log. */
  loggedSkips?: Set<string>
  /** The look-ups that are running, by distinct_id. */
  lookUps?: Map<string, Promise<CachedPerson>>
  /** No person is looked up before this time, in milliseconds since 1970. */
  lookUpRestsUntil?: number
  isLookUpFailureLogged?: boolean
}
