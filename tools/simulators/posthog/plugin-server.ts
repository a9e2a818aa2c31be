import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../lib/clock'
import { createCache, type MeasuredCache } from './cache'
import { createStorage } from './extensions'
import type { FetchOfWorker } from './fetch'
import { JobRunner } from './job-runner'
import { JobQueue, type EnqueueJob, type Job, type JobTreatment } from './jobs'
import type {
  Counts,
  EffectHook,
  HookError,
  InstalledApp,
  LogEntry,
  PosthogApi,
  RequestRecord,
  RunningWorker,
} from './records'
import { millisecondsToTenErrors, Redis } from './redis'
import type { CapturedEvent } from '../../lib/shapes'
import type { ServerVersion } from './versions'
import { Worker } from './worker'

export interface InstallationOptions {
  /** The app's folder. Only `plugin.json` and the file that its `main` names are read from it. */
  directory: string
  server: ServerVersion
  config: Record<string, string>
  /** Carries every request that leaves the server. */
  fetch: FetchOfWorker<RunningWorker>
  clock?: Clock
  /** Replaces `Math.random` inside the VM. */
  random?: () => number
  /** Replaces methods of `meta.cache`. */
  cache?: Partial<MeasuredCache>
  /** The time from a command of `meta.cache` to its answer; without it the answer comes at once. */
  cacheMilliseconds?: () => number
  /** Answers `posthog.api`; without it every call is rejected. */
  posthogApi?: PosthogApi
  teamId?: number
  /** Whether an app that changes the event's properties gets a TypeError (default: true). */
  freeze?: boolean
  /** Runs the app in a plain context, which is many times faster than the VM of real servers. */
  trusted?: boolean
  /** Called before each effect of the app: it may wait, throw, or kill the worker. */
  beforeEffect?: EffectHook
  /** Called after each effect, before the app gets the answer. */
  afterEffect?: EffectHook
  /** Takes the jobs instead of the queue in memory. The caller gives each to `Worker.runJob`. */
  enqueueJob?: EnqueueJob
  onJobDue?: (job: Job) => JobTreatment | undefined
  /**
   * Whether the workers run due jobs by themselves: `true` for each job the moment it is due, `polling` for looks at the
   * server's intervals, as on real servers. Otherwise only `runDueJobs` runs jobs.
   */
  autoRunJobs?: boolean | 'polling'
  /** Called when an event is handed to `onEvent`, before the first try; to `composeWebhook` if the app has no `onEvent`. */
  onHandOver?: (event: CapturedEvent, worker: RunningWorker) => void
}

/** The app's metrics for one category: a hook's name, or `webhook`. PostHog counts no jobs. */
export interface AppMetrics {
  successes: number
  failures: number
}

/** A configured app on a server. It outlives its workers. */
export interface Installation {
  readonly server: ServerVersion
  readonly enabled: boolean
  readonly logs: readonly LogEntry[]
  /** Every request, oldest first. */
  readonly requests: readonly RequestRecord[]
  /** The events that the app has passed to `posthog.capture`. */
  readonly captured: InstalledApp['captured']
  readonly cache: MeasuredCache
  readonly jobs: Pick<JobQueue, 'pending'>
  /** The failures on the app's metrics page, each with its event if it had one. */
  readonly failures: readonly { failure: HookError; event?: CapturedEvent }[]
  /** What jobs have thrown. PostHog shows it only as a line of the app's log. */
  readonly jobErrors: readonly HookError[]
  /** What the app has cost the server so far. */
  readonly counts: Readonly<Counts>
  readonly redis: Redis
  metrics(category: string): AppMetrics
  /**
   * @param jobRunners how many jobs run at once in the worker (default: one), as JOB_QUEUE_GRAPHILE_CONCURRENCY says.
   * @param millisecondsAhead how far the clock of the worker's machine is ahead (default: not at all).
   */
  startWorker(jobRunners?: number, millisecondsAhead?: () => number): Worker
  /** Changes the settings: the server enables the app and loads it again in each worker. Cache, queue and storage stay. */
  configure(config: Record<string, string>): void
  /** Runs the due jobs in `worker`, one after the other. */
  runDueJobs(worker: Worker): Promise<void>
  /** Empties `logs`, `requests`, `captured`, `failures` and `jobErrors`, which grow with each event. */
  forget(): void
  /** Kills all workers and cancels all timers. */
  close(): void
}

/**
 * Installs the app in `directory` on a server. The app runs from the first event or job of a worker on.
 *
 * @throws Error if `plugin.json` or the app's file cannot be read, or if `plugin.json` lacks `name` or `main`.
 */
export function createInstallation(options: InstallationOptions): Installation {
  const clock = options.clock ?? systemClock
  const logs: LogEntry[] = []
  const failures: { failure: HookError; event?: CapturedEvent }[] = []
  const jobErrors: HookError[] = []
  const metrics = new Map<string, AppMetrics>()
  const metricsOf = (category: string) => metrics.get(category) ?? { successes: 0, failures: 0 }
  const jobs = new JobQueue(clock, options.onJobDue ?? (() => undefined))
  const redis = new Redis(() => {
    workers.workersLoseRedis()
  })
  const installed: InstalledApp = {
    ...sharedByWorkers(options, clock, jobs, redis),
    log: (by, level, message) => {
      if (level !== 'DEBUG' || options.server.debugLogs) logs.push({ by, level, message, at: clock.now() })
    },
    succeeded: (category) => {
      metrics.set(category, { ...metricsOf(category), successes: metricsOf(category).successes + 1 })
    },
    failed: (failure, event) => {
      failures.push({ failure, ...(event !== undefined && { event }) })
      const { successes, failures: before } = metricsOf(failure.by)
      metrics.set(failure.by, { successes, failures: before + 1 })
    },
    jobFailed: (failure) => jobErrors.push(failure),
    enqueueJob:
      options.enqueueJob ??
      ((...job) => {
        workers.enqueueJob(...job)
      }),
  }
  const workers = new WorkerPool(installed, options.autoRunJobs ?? false)

  return {
    server: options.server,
    get enabled() {
      return installed.enabled
    },
    logs,
    requests: installed.requests,
    captured: installed.captured,
    cache: installed.cache,
    jobs,
    failures,
    jobErrors,
    counts: installed.counts,
    redis,
    metrics: metricsOf,
    startWorker: (jobRunners = 1, millisecondsAhead = () => 0) => workers.start(jobRunners, millisecondsAhead),
    configure: (config) => {
      workers.configure(config)
    },
    runDueJobs: (worker) => runDueJobs(jobs, worker),
    forget: () => {
      empty(logs, installed.requests, installed.captured, failures, jobErrors)
    },
    close: () => {
      workers.close()
    },
  }
}

async function runDueJobs(jobs: JobQueue, worker: Worker): Promise<void> {
  while (worker.alive) {
    const taken = jobs.take()
    if (taken === undefined) break
    await worker.runJob(taken.job, taken.times)
  }
}

function empty(...lists: readonly unknown[][]): void {
  for (const list of lists) list.length = 0
}

type Bookkeeping = 'log' | 'succeeded' | 'failed' | 'jobFailed' | 'enqueueJob'

function sharedByWorkers(
  options: InstallationOptions,
  clock: Clock,
  jobs: JobQueue,
  redis: Redis,
): Omit<InstalledApp, Bookkeeping> {
  return {
    source: readMain(options.directory),
    server: options.server,
    config: Object.freeze({ ...options.config }),
    teamId: options.teamId ?? 1,
    freeze: options.freeze ?? true,
    clock,
    isVirtual: clock !== systemClock,
    jobs,
    random: options.random,
    trusted: options.trusted ?? false,
    fetch: options.fetch,
    posthogApi:
      options.posthogApi ?? (({ url }) => Promise.reject(new Error(`request to ${url} failed: no PostHog here`))),
    cache: { ...createCache(clock, options.server.cacheGivesDefault), ...options.cache },
    cacheMilliseconds: options.cacheMilliseconds,
    redis,
    counts: { awaits: 0, cacheCommands: 0 },
    storage: createStorage(),
    requests: [],
    captured: [],
    beforeEffect: options.beforeEffect ?? (() => undefined),
    afterEffect: options.afterEffect ?? (() => undefined),
    onHandOver: options.onHandOver ?? (() => undefined),
    enabled: true,
  }
}

/** The time between the looks of two job runners for due jobs, as they have not started at the same moment. */
const millisecondsBetweenRunners = 370

/** The workers of an installation, with their job runners. */
class WorkerPool {
  private workers: { readonly worker: Worker; readonly runners: readonly JobRunner[] }[] = []
  private started = 0

  constructor(
    private readonly installed: InstalledApp,
    private readonly autoRunJobs: boolean | 'polling',
  ) {}

  start(jobRunners: number, millisecondsAhead: () => number): Worker {
    const worker = new Worker(this.installed, millisecondsAhead)
    const runners = this.autoRunJobs === false ? [] : Array.from({ length: jobRunners }, () => this.runnerIn(worker))
    // The list would keep the VMs of killed workers in memory.
    this.workers = [...this.workers.filter((each) => each.worker.alive), { worker, runners }]
    if (this.installed.redis.isGone) this.loseRedis(worker)
    this.watchJobs()
    return worker
  }

  configure(config: Record<string, string>): void {
    this.installed.config = Object.freeze({ ...config })
    this.installed.enabled = true
    for (const { worker } of this.workers) worker.reload()
  }

  /** Tells the job runners that the queue has changed. */
  watchJobs(): void {
    for (const { runners } of this.workers) {
      for (const runner of runners) runner.watch()
    }
  }

  /** Enqueues a job and tells the job runners of it. */
  enqueueJob(...job: Parameters<EnqueueJob>): void {
    this.installed.jobs.enqueue(...job)
    this.watchJobs()
    for (const { runners } of this.workers) runners.some((runner) => runner.nudge())
  }

  workersLoseRedis(): void {
    for (const { worker } of this.workers) this.loseRedis(worker)
  }

  close(): void {
    for (const { worker, runners } of this.workers) {
      worker.kill()
      for (const runner of runners) runner.stop()
    }
  }

  private runnerIn(worker: Worker): JobRunner {
    const { clock, jobs, server } = this.installed
    this.started += 1
    const wait = (this.started * millisecondsBetweenRunners) % server.jobLookMilliseconds
    const polls = this.autoRunJobs === 'polling'
    return new JobRunner({ clock, jobs, worker, server, polls, firstLook: clock.now() + wait })
  }

  private loseRedis(worker: Worker): void {
    worker.after(millisecondsToTenErrors, () => {
      if (this.installed.redis.isGone) worker.kill()
    })
  }
}

/** The text of the app's file. Throws Error if it cannot be read, or if `plugin.json` lacks `name` or `main`. */
export function readMain(directory: string): string {
  const { name, main } = JSON.parse(readFileSync(join(directory, 'plugin.json'), 'utf8')) as Record<string, unknown>
  if (typeof name !== 'string' || typeof main !== 'string') {
    throw new Error(`${directory}/plugin.json must have a name, and a main that names the app's file.`)
  }
  return readFileSync(join(directory, main), 'utf8')
}
