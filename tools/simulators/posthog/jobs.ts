import type { Clock } from '../../lib/clock'

/** A job that an app has enqueued, as PostgreSQL stores it. */
export interface Job {
  readonly id: number
  readonly name: string
  /** JSON text. */
  readonly payload: string
  /** Milliseconds since 1970. */
  readonly runAt: number
}

/** Puts a job into a queue. `payload` can be written as JSON; `runAt` is in milliseconds since 1970. */
export type EnqueueJob = (name: string, payload: unknown, runAt: number) => void | Promise<void>

/** What happens to a due job: it may run more than once, or later. */
export interface JobTreatment {
  times?: number
  delayMilliseconds?: number
}

/**
 * The job queue of one configured app. It outlives the workers. The states of a job:
 *
 * - **waiting**: in the queue; due once its `runAt` is reached. A treatment may postpone a due job once.
 * - **taken**: a worker runs it, or has ended it or was killed in it. It never comes back: Graphile Worker frees the lock of
 *   a killed process only for another attempt, and PostHog enqueues each job with `maxAttempts: 1`.
 */
export class JobQueue {
  /** First due first. */
  private readonly jobs: Job[] = []
  /** The jobs that were postponed, by id, with the number of their runs. A postponed job gets no second treatment. */
  private readonly postponed = new Map<number, number>()
  private nextId = 1

  constructor(
    private readonly clock: Clock,
    private readonly onJobDue: (job: Job) => JobTreatment | undefined,
  ) {}

  /** The jobs that still have to run, first due first. */
  pending(): readonly Job[] {
    return [...this.jobs]
  }

  /** The job that is due first. */
  next(): Job | undefined {
    return this.jobs[0]
  }

  enqueue(name: string, payload: unknown, runAt: number): void {
    if (Number.isNaN(runAt)) throw new Error(`The job '${name}' has no valid time to run at.`)
    this.insert({ id: this.nextId++, name, payload: JSON.stringify(payload ?? null), runAt })
  }

  /** Takes the first due job out of the queue, with the number of its runs. Undefined if no job is due. */
  take(): { job: Job; times: number } | undefined {
    for (;;) {
      const job = this.next()
      if (job === undefined || job.runAt > this.clock.now()) return undefined
      const { times = 1, delayMilliseconds = 0 } = this.treatmentOf(job)
      if (delayMilliseconds > 0) {
        this.postponed.set(job.id, times)
        this.move(job, this.clock.now() + delayMilliseconds)
      } else {
        this.remove(job)
        return { job, times }
      }
    }
  }

  private remove(job: Job): void {
    const index = this.jobs.findIndex((other) => other.id === job.id)
    if (index >= 0) this.jobs.splice(index, 1)
  }

  private treatmentOf(job: Job): JobTreatment {
    const times = this.postponed.get(job.id)
    return times === undefined ? (this.onJobDue(job) ?? {}) : { times }
  }

  private move(job: Job, runAt: number): void {
    this.remove(job)
    this.insert({ ...job, runAt })
  }

  private insert(job: Job): void {
    let [from, to] = [0, this.jobs.length]
    while (from < to) {
      const middle = (from + to) >> 1
      const other = this.jobs[middle]
      if (other !== undefined && (other.runAt - job.runAt || other.id - job.id) < 0) from = middle + 1
      else to = middle
    }
    this.jobs.splice(from, 0, job)
  }
}

const units: Readonly<Record<string, number>> = {
  milliseconds: 1,
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
}

/** `meta.jobs`: any name gives a job, whether the app exports it or not. */
export function jobsExtension(clock: Clock, enqueue: (...job: Parameters<EnqueueJob>) => Promise<void>): object {
  return new Proxy(
    {},
    {
      get: (_, name) => (payload: unknown) => ({
        runNow: () => enqueue(String(name), payload, clock.now()),
        runAt: (date: Date) => enqueue(String(name), payload, date.valueOf()),
        runIn: async (duration: number, unit: string) => {
          const milliseconds = units[unit.endsWith('s') ? unit : `${unit}s`]
          if (milliseconds === undefined) throw new Error(`Unknown time unit: ${unit}`)
          await enqueue(String(name), payload, clock.now() + duration * milliseconds)
        },
      }),
    },
  )
}
