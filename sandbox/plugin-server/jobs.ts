import type { Clock } from '../clock'

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

/** A worker that dies keeps its lock on the job for as long as the job queue lets it. */
const lockMilliseconds = 4 * 60 * 60 * 1000

/** The durable job queue of one configured app. Workers come and go, it stays. */
export class JobQueue {
  private jobs: Job[] = []
  /** Jobs that were put off once, and how often each is to run: a queue is not asked twice. */
  private readonly postponed = new Map<number, number>()
  private nextId = 1

  constructor(
    private readonly clock: Clock,
    private readonly onJobDue: (job: Job) => JobTreatment | undefined,
  ) {}

  /** The jobs that still have to run, first due first. */
  pending(): readonly Job[] {
    return [...this.jobs].sort((a, b) => a.runAt - b.runAt || a.id - b.id)
  }

  enqueue(name: string, payload: unknown, runAt: number): void {
    if (Number.isNaN(runAt)) throw new Error(`The job '${name}' has no valid time to run at.`)
    this.jobs.push({ id: this.nextId++, name, payload: JSON.stringify(payload ?? null), runAt })
  }

  /** Locks the first job that is due for a worker; the job is gone only when `done` is called with it. */
  lockNext(): { job: Job; times: number } | undefined {
    for (const job of this.pending()) {
      if (job.runAt > this.clock.now()) return undefined
      const { times = 1, delayMilliseconds = 0 } = this.treatmentOf(job)
      if (delayMilliseconds > 0) {
        this.postponed.set(job.id, times)
        this.move(job, this.clock.now() + delayMilliseconds)
      } else {
        this.move(job, this.clock.now() + lockMilliseconds)
        return { job, times }
      }
    }
    return undefined
  }

  done(job: Job): void {
    this.jobs = this.jobs.filter((other) => other.id !== job.id)
  }

  private treatmentOf(job: Job): JobTreatment {
    const times = this.postponed.get(job.id)
    return times === undefined ? (this.onJobDue(job) ?? {}) : { times }
  }

  private move(job: Job, runAt: number): void {
    this.jobs = this.jobs.map((other) => (other.id === job.id ? { ...other, runAt } : other))
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
