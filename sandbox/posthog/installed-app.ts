import type { Clock } from '../lib/clock'
import type { CapturedEvent } from './ingestion'
import type { ServerVersion } from './versions'
import type { Cache } from './cache'
import type { LogEntry, PosthogApi, Storage } from './extensions'
import type { Fetch } from './fetch'
import type { JobQueue } from './jobs'
import type { Effect, HookError, RequestRecord, Worker } from './worker'

/** What all workers of one configured app share. */
export interface InstalledApp {
  readonly source: string
  readonly server: ServerVersion
  readonly config: Readonly<Record<string, string>>
  readonly teamId: number
  readonly freeze: boolean
  readonly clock: Clock
  /** Given if `Date` inside the VM is to follow it. */
  readonly vmClock: Clock | undefined
  readonly random: (() => number) | undefined
  /** Whether the app runs in a plain context instead of vm2. */
  readonly trusted: boolean
  readonly fetch: Fetch
  readonly posthogApi: PosthogApi
  readonly cache: Cache
  readonly storage: Storage
  readonly jobs: JobQueue
  readonly requests: RequestRecord[]
  readonly captured: { event: string; properties: Record<string, unknown> }[]
  readonly beforeEffect: EffectHook
  readonly afterEffect: EffectHook
  /** Turned off, an app gets no more events and its jobs are skipped. */
  enabled: boolean
  log(by: string, level: LogEntry['level'], message: string): void
  succeeded(category: string): void
  failed(failure: HookError, event?: CapturedEvent): void
  jobEnqueued(): void
}

export type EffectHook = (worker: Worker, effect: Effect) => void | Promise<void>
