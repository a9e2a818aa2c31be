import type { Clock } from '../lib/clock'

/** A job that an app has put off, as it lies in PostgreSQL. */
export interface Job {
  readonly id: number
  readonly name: string
  /** JSON text: what survives the database. */
  readonly payload: string
  /** Milliseconds since 1970. */
  readonly runAt: number
}

/** How a queue treats a job that has become due: it may run it more than once, or later. */
export interface JobTreatment {
  times?: number
  delayMilliseconds?: number
}

/**
 * What becomes of the lock on a job whose worker dies. Graphile Worker lets it expire, but frees the job only for another
 * attempt, and PostHog enqueues each job with `maxAttempts: 1`: on real servers the lock stays and the job never runs.
 */
export type JobLocks = 'expire' | 'stay'

/** How long a worker that dies keeps its lock on the job. */
const lockMilliseconds = 4 * 60 * 60 * 1000

/** The durable job queue of one configured app. Workers come and go, it stays. */
export class JobQueue {
  /** First due first. */
  private readonly jobs: Job[] = []
  /** Jobs that were put off once, and how often each is to run: a queue is not asked twice. */
  private readonly postponed = new Map<number, number>()
  private nextId = 1

  constructor(
    private readonly clock: Clock,
    private readonly onJobDue: (job: Job) => JobTreatment | undefined,
    private readonly locks: JobLocks = 'expire',
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

  /** Locks the first job that is due for a worker; the job is gone only when `done` is called with it. */
  lockNext(): { job: Job; times: number } | undefined {
    for (;;) {
      const job = this.next()
      if (job === undefined || job.runAt > this.clock.now()) return undefined
      const { times = 1, delayMilliseconds = 0 } = this.treatmentOf(job)
      if (delayMilliseconds > 0) {
        this.postponed.set(job.id, times)
        this.move(job, this.clock.now() + delayMilliseconds)
      } else {
        if (this.locks === 'expire') this.move(job, this.clock.now() + lockMilliseconds)
        else this.done(job)
        return { job, times }
      }
    }
  }

  done(job: Job): void {
    const place = this.jobs.findIndex((other) => other.id === job.id)
    if (place >= 0) this.jobs.splice(place, 1)
  }

  private treatmentOf(job: Job): JobTreatment {
    const times = this.postponed.get(job.id)
    return times === undefined ? (this.onJobDue(job) ?? {}) : { times }
  }

  private move(job: Job, runAt: number): void {
    this.done(job)
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
export function jobsExtension(
  clock: Clock,
  enqueue: (name: string, payload: unknown, runAt: number) => Promise<void>,
): object {
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
