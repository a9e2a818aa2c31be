import type { Meta } from '@posthog/plugin-scaffold'
import type { Settings } from './settings'
import type { CachedPerson } from './rules/person'
import type { Config } from './panel/field'
import type { Delivery, Undecided } from './payloads'

/** What the hooks of one worker share in `meta.global`. */
export interface Memory {
  settings?: Settings
  /** Servers that call two hooks may set the app up twice at once. */
  accountCheck?: Promise<string | undefined>
  loggedSkips?: Set<string>
  /** Look-ups under way, by distinct_id. */
  lookUps?: Map<string, Promise<CachedPerson>>
  /** Milliseconds since 1970. */
  lookUpRestsUntil?: number
  isLookUpFailureLogged?: boolean
}

type ScaffoldMeta = Meta<{ config: Config; global: Memory; jobs: { deliver: Delivery; decide: Undecided } }>

/** What the app uses of `meta`; servers since late 2024 have no jobs, whatever the scaffold's types say. */
export type AppMeta = Pick<ScaffoldMeta, 'config' | 'global' | 'cache'> & Partial<Pick<ScaffoldMeta, 'jobs'>>
