import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock, type Clock } from '../lib/clock'
import { createCache, type Cache } from './cache'
import { createStorage } from './extensions'
import type { Fetch } from './fetch'
import { JobQueue, type EnqueueJob, type Job, type JobLocks, type JobTreatment } from './jobs'
import type { EffectHook, HookError, InstalledApp, LogEntry, PosthogApi, RequestRecord } from './records'
import type { CapturedEvent } from './shapes'
import type { ServerVersion } from './versions'
import { Worker } from './worker'

export interface InstallationOptions {
  /** The app's folder. Only `plugin.json` and the file that its `main` names are read from it. */
  directory: string
  server: ServerVersion
  config: Record<string, string>
  /** Carries every request that leaves the server. */
  fetch: Fetch
  clock?: Clock
  /** Replaces `Math.random` inside the VM. */
  random?: () => number
  /** Replaces methods of `meta.cache`. */
  cache?: Partial<Cache>
  /** Takes the jobs instead of the queue in memory. The caller gives each to `Worker.runJob`. */
  enqueueJob?: EnqueueJob
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
  onJobDue?: (job: Job) => JobTreatment | undefined
  /** Whether the clock runs due jobs, one at a time in each worker; otherwise only `runDueJobs` does. */
  autoRunJobs?: boolean
  /** The lock on a job whose worker is killed (default: `expire`). */
  jobLocks?: JobLocks
}

/** The app's metrics for one category: a hook's name, a job's name, or `webhook`. */
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
  readonly cache: Cache
  readonly jobs: Pick<JobQueue, 'pending'>
  /** The failures on the app's metrics page, each with its event if it had one. */
  readonly failures: readonly { failure: HookError; event?: CapturedEvent }[]
  metrics(category: string): AppMetrics
  startWorker(): Worker
  /** Runs the due jobs in `worker`. */
  runDueJobs(worker: Worker): Promise<void>
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
  const metrics = new Map<string, AppMetrics>()
  let workers: Worker[] = []
  const jobs = new JobQueue(clock, options.onJobDue ?? (() => undefined), options.jobLocks)

  const metricsOf = (category: string): AppMetrics => metrics.get(category) ?? { successes: 0, failures: 0 }
  const jobRunner = createJobRunner(clock, jobs, () => workers)
  const watchJobs = () => {
    if (options.autoRunJobs === true) jobRunner.watch()
  }
  const installed: InstalledApp = {
    ...sharedByWorkers(options, clock),
    log: (by, level, message) => {
      if (level !== 'DEBUG' || options.server.debugLogs) logs.push({ by, level, message, at: clock.now() })
    },
    succeeded: (category) => {
      const { successes, failures } = metricsOf(category)
      metrics.set(category, { successes: successes + 1, failures })
    },
    failed: (failure, event) => {
      failures.push({ failure, ...(event !== undefined && { event }) })
      const { successes, failures: before } = metricsOf(failure.by)
      metrics.set(failure.by, { successes, failures: before + 1 })
    },
    enqueueJob:
      options.enqueueJob ??
      ((...job) => {
        jobs.enqueue(...job)
        watchJobs()
      }),
  }

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
    metrics: metricsOf,
    startWorker: () => {
      const worker = new Worker(installed)
      // The list would keep the VMs of killed workers in memory.
      workers = [...workers.filter(({ alive }) => alive), worker]
      watchJobs()
      return worker
    },
    runDueJobs: jobRunner.runDue,
    close: () => {
      workers.forEach((worker) => {
        worker.kill()
      })
      jobRunner.stop()
    },
  }
}

type Bookkeeping = 'log' | 'succeeded' | 'failed' | 'enqueueJob'

function sharedByWorkers(options: InstallationOptions, clock: Clock): Omit<InstalledApp, Bookkeeping> {
  return {
    source: readMain(options.directory),
    server: options.server,
    config: Object.freeze({ ...options.config }),
    teamId: options.teamId ?? 1,
    freeze: options.freeze ?? true,
    clock,
    vmClock: clock === systemClock ? undefined : clock,
    random: options.random,
    trusted: options.trusted ?? false,
    fetch: options.fetch,
    posthogApi:
      options.posthogApi ?? (({ url }) => Promise.reject(new Error(`request to ${url} failed: no PostHog here`))),
    cache: { ...createCache(clock), ...options.cache },
    storage: createStorage(),
    requests: [],
    captured: [],
    beforeEffect: options.beforeEffect ?? (() => undefined),
    afterEffect: options.afterEffect ?? (() => undefined),
    enabled: true,
  }
}

function readMain(directory: string): string {
  const { name, main } = JSON.parse(readFileSync(join(directory, 'plugin.json'), 'utf8')) as Record<string, unknown>
  if (typeof name !== 'string' || typeof main !== 'string') {
    throw new Error(`${directory}/plugin.json must have a name, and a main that names the app's file.`)
  }
  return readFileSync(join(directory, main), 'utf8')
}

function createJobRunner(clock: Clock, jobs: JobQueue, workers: () => readonly Worker[]) {
  const busy = new Set<Worker>()
  let callOff: () => void = () => undefined

  /** Runs the next due job. Returns false if none is due or if the worker was killed before the job ended. */
  const runNext = async (worker: Worker): Promise<boolean> => {
    const locked = jobs.lockNext()
    if (locked === undefined || !(await worker.runJob(locked.job, locked.times))) return false
    jobs.done(locked.job)
    return true
  }
  const runByClock = async (worker: Worker): Promise<void> => {
    busy.add(worker)
    const running = runNext(worker)
    watch()
    await running
    busy.delete(worker)
    watch()
  }
  const watch = (): void => {
    callOff()
    const next = jobs.next()
    const idle = workers().filter((worker) => worker.alive && !busy.has(worker))
    const worker = idle[(next?.id ?? 0) % idle.length]
    if (next === undefined || worker === undefined) return
    callOff = clock.after(Math.max(0, next.runAt - clock.now()), () => void runByClock(worker))
  }
  return {
    runDue: async (worker: Worker): Promise<void> => {
      while (worker.alive && (await runNext(worker)));
    },
    watch,
    stop: () => {
      callOff()
    },
  }
}
