import { sleep } from '../lib/clock'
import type { Clock } from '../lib/clock'
import type { CapturedEvent } from '../posthog/shapes'
import type { Job } from '../posthog/jobs'
import type { RunningWorker } from '../posthog/records'
import type { Worker } from '../posthog/worker'
import type { Random } from './random'

const size = 4
const mostMomentsAhead = 16
/**
 * How often a worker may be killed during the same job. Each kill delays the job by four hours, and Loops forgets an
 * idempotency key after 24 hours: without this limit chance alone could delay a job for so long.
 */
const mostKillsOfJob = 2
const shortestPause = 1000
const longestPause = 5000

/** The workers of one installation. A killed worker is replaced at once, and its unfinished events are delivered again. */
export class Workers {
  private readonly alive: Worker[] = []
  /** The number of moments until the kill of each worker that was picked for one. */
  private readonly countdowns = new Map<RunningWorker, number>()
  private readonly killsOfJobs = new Map<number, number>()
  private begun = 0
  private interrupted = 0

  constructor(
    private readonly start: () => Worker,
    private readonly clock: Clock,
    private readonly random: Random,
    /** The share of deliveries and job runs to interrupt, from 0 to 1. */
    private readonly killRate: number,
  ) {}

  startAll(): void {
    while (this.alive.length < size) this.alive.push(this.start())
  }

  /** Delivers an event again until its worker is not killed, as PostHog's at-least-once consumer does. */
  async deliver(event: CapturedEvent): Promise<void> {
    for (;;) {
      this.begun += 1
      const { killed } = await this.random.pick(this.alive).deliver(event)
      if (!killed) return
      await sleep(this.clock, this.random.between(shortestPause, longestPause))
    }
  }

  jobBegins(): void {
    this.begun += 1
  }

  /** Kills the worker if its countdown is over. Called just before and just after each effect of the app. */
  passMoment(worker: RunningWorker): void {
    if (!worker.alive) return
    const left = this.countdowns.get(worker) ?? this.newCountdown()
    if (left === undefined || this.isSpared(worker)) return
    if (left > 0) this.countdowns.set(worker, left - 1)
    else this.kill(worker)
  }

  /** Starts a countdown of random length, so that every await of the app is equally likely to be interrupted. */
  private newCountdown(): number | undefined {
    const isDue = this.interrupted + this.countdowns.size < this.killRate * this.begun
    return isDue ? this.random.between(0, mostMomentsAhead) : undefined
  }

  private isSpared(worker: RunningWorker): boolean {
    return jobsOf(worker).some(({ id }) => (this.killsOfJobs.get(id) ?? 0) >= mostKillsOfJob)
  }

  private kill(worker: RunningWorker): void {
    this.countdowns.delete(worker)
    this.interrupted += worker.unfinished.size
    for (const { id } of jobsOf(worker)) this.killsOfJobs.set(id, (this.killsOfJobs.get(id) ?? 0) + 1)
    worker.kill()
    this.alive[this.alive.findIndex((each) => each === worker)] = this.start()
  }
}

function jobsOf(worker: RunningWorker): Job[] {
  return [...worker.unfinished].filter((work): work is Job => 'payload' in work)
}
