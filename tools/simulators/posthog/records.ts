import type { Clock } from '../../lib/clock'
import type { MeasuredCache } from './cache'
import type { FetchOfWorker, FetchResponse } from './fetch'
import type { EnqueueJob, Job, JobQueue } from './jobs'
import type { Redis } from './redis'
import type { CapturedEvent } from '../../lib/shapes'
import type { ServerVersion } from './versions'

/** The request that `composeWebhook` returned for PostHog to send. */
export interface Webhook {
  url: string
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** A request made by an app, or by PostHog for a webhook, and its answer. */
export interface RequestRecord {
  /** The hook or job that made the request; `webhook` if PostHog sent what `composeWebhook` returned. */
  by: string
  method: string
  url: string
  headers: Record<string, string>
  body?: string
  /** Milliseconds since 1970. */
  at: number
  status?: number
  /** The error's message if no answer came. */
  error?: string
}

export interface HookError {
  /** The hook or job that threw; `webhook` if sending failed. */
  by: string
  name: string
  message: string
}

/** The result of one event in one worker. */
export interface Delivery {
  webhook: Webhook | null
  requests: RequestRecord[]
  errors: HookError[]
  /** True if the worker was killed before its hooks had ended. */
  killed: boolean
}

/** One entry of the app's Logs tab. */
export interface LogEntry {
  /** The hook or job that wrote the entry or failed. */
  readonly by: string
  readonly level: 'DEBUG' | 'LOG' | 'INFO' | 'WARN' | 'ERROR'
  readonly message: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** A request to PostHog's own REST API. */
export interface PosthogApiRequest {
  method: string
  url: string
  headers: Record<string, string>
  body?: string
}

export type PosthogApi = (request: PosthogApiRequest) => Promise<FetchResponse>

/** `meta.storage`: kept in PostgreSQL, so it outlives the workers. */
export interface Storage {
  set(key: string, value: unknown): Promise<void>
  get(key: string, defaultValue?: unknown): Promise<unknown>
  del(key: string): Promise<void>
}

/** An action of an app that can be seen from outside its VM. */
export interface Effect {
  readonly kind: 'fetch' | 'cache' | 'storage' | 'jobs' | 'posthog'
  /** The called method; for `fetch` the request's method and address. */
  readonly name: string
}

/** The part of a worker that an `EffectHook` may use. */
export interface RunningWorker {
  readonly alive: boolean
  /** The events and jobs that the worker has begun and not ended. */
  readonly unfinished: ReadonlySet<CapturedEvent | Job>
  kill(): void
}

/** Called before or after each effect: it may wait, throw, or kill the worker. */
export type EffectHook = (worker: RunningWorker, effect: Effect) => void | Promise<void>

/** What an app costs the server, besides the requests that it makes. */
export interface Counts {
  /** How often the app has awaited a promise or called `then`: each goes through the guard of 30 seconds. */
  awaits: number
  /** The commands of `meta.cache`. */
  cacheCommands: number
}

/** The state that all workers of one configured app share. */
export interface InstalledApp {
  readonly source: string
  readonly server: ServerVersion
  config: Readonly<Record<string, string>>
  readonly teamId: number
  /** Whether a change of the event's properties throws. */
  readonly freeze: boolean
  readonly clock: Clock
  /** Whether `clock` is the clock of `Date` inside the VM, too, and not the machine's own. */
  readonly isVirtual: boolean
  /** Replaces `Math.random` inside the VM. */
  readonly random: (() => number) | undefined
  /** Whether the app runs in a plain context instead of vm2. */
  readonly trusted: boolean
  readonly fetch: FetchOfWorker<RunningWorker>
  readonly posthogApi: PosthogApi
  readonly cache: MeasuredCache
  /** The time from a command of the cache to its answer; undefined for none. */
  readonly cacheMilliseconds: (() => number) | undefined
  readonly redis: Redis
  readonly counts: Counts
  readonly storage: Storage
  /** The queue that the job runners of this process look into. */
  readonly jobs: JobQueue
  readonly enqueueJob: EnqueueJob
  readonly requests: RequestRecord[]
  readonly captured: { event: string; properties: Record<string, unknown> }[]
  readonly beforeEffect: EffectHook
  readonly afterEffect: EffectHook
  /** Called when an event is handed to `onEvent`, or to `composeWebhook` if the app has no `onEvent`. */
  readonly onHandOver: (event: CapturedEvent, worker: RunningWorker) => void
  /** False once the app is turned off: it gets no more events, and its jobs are skipped. */
  enabled: boolean
  log(by: string, level: LogEntry['level'], message: string): void
  succeeded(category: string): void
  failed(failure: HookError, event?: CapturedEvent): void
  /** Takes what a job has thrown. */
  jobFailed(failure: HookError): void
}
