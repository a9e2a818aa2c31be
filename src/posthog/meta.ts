import type { Meta } from '@posthog/plugin-scaffold'
import type { WaitingEvent, WaitingRepair } from '../delivery/waiting'
import type { Config } from '../settings/field'
import type { LookedUpPerson } from './looked-up-person'
import type { PropertyFilter } from '../settings/filters'
import type { Settings } from '../settings/settings'

/**
 * The part of PostHog's `meta` that the app uses. `jobs` is optional, although the scaffold's types promise it: PostHog
 * servers since late 2024 have no jobs.
 */
export type AppMeta = Pick<ScaffoldMeta, 'config' | 'global' | 'cache'> & Partial<Pick<ScaffoldMeta, 'jobs'>>

type ScaffoldMeta = Meta<{ config: Config; global: Memory; jobs: { deliver: WaitingEvent; repair: WaitingRepair } }>

/** `meta.global`: the values that all hooks of one worker share. Times are milliseconds since 1970. */
export interface Memory {
  settings?: Settings
  /** The running or finished check of the API key. PostHog may call `setupPlugin` twice at once if the app has two hooks. */
  accountCheck?: Promise<string | undefined>
  /** The reasons for skipping an event that are already in the log. */
  loggedSkips?: Set<string>
  /** The filters that have kept an event back and are already in the log. */
  loggedFilters?: Set<PropertyFilter>
  /** When the last event was received. */
  lastReceivedAt?: number
  /** How many requests in a row Loops has not answered in time. */
  timeoutsInARow?: number
  /** Until when no request is tried, because Loops hangs. */
  loopsRestsUntil?: number
  /** The look-ups that are running, by distinct_id. */
  lookUps?: Map<string, Promise<LookedUpPerson>>
  isLookUpFailureLogged?: boolean
}
