import { sleep } from '../lib/clock'
import type { Clock } from '../lib/clock'
import type { CapturedEvent } from '../posthog/ingestion'
import type { Job, Worker } from '../posthog/plugin-server'
import type { Random } from './random'

const size = 4
const longestFuse = 16
/**
 * How often the same job may lose its worker. Each time costs four hours, and Loops forgets an idempotency key after 24:
 * chance alone must not make that happen.
 */
const mostKillsOfJob = 2
const shortestPause = 1000
const longestPause = 5000

/** The workers of one installation: a killed one is replaced at once, and what it had not finished is delivered again. */
export class Workers {
  private readonly alive: Worker[] = []
  /** How many more moments a worker has that was picked to be killed. */
  private readonly fuses = new Map<Worker, number>()
  private readonly killsOfJobs = new Map<number, number>()
  private begun = 0
  private interrupted = 0

  constructor(
    private readonly start: () => Worker,
    private readonly clock: Clock,
    private readonly random: Random,
    /** How many of all deliveries and job runs are to be interrupted: 0 is none, 1 is each. */
    private readonly killRate: number,
  ) {}

  startAll(): void {
    while (this.alive.length < size) this.alive.push(this.start())
  }

  /** Delivers an event until a worker lives to see the end of it, as PostHog's at-least-once consumer does. */
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

  /** One of the moments at which a worker may be killed: just before or after something that the app does. */
  passMoment(worker: Worker): void {
    if (!worker.alive) return
    const left = this.fuses.get(worker) ?? this.newFuse()
    if (left === undefined || this.isSpared(worker)) return
    if (left > 0) this.fuses.set(worker, left - 1)
    else this.kill(worker)
  }

  /** Anything from now to some events ahead, so that no await is more likely than another to be the last. */
  private newFuse(): number | undefined {
    const isDue = this.interrupted + this.fuses.size < this.killRate * this.begun
    return isDue ? this.random.between(0, longestFuse) : undefined
  }

  private isSpared(worker: Worker): boolean {
    return jobsOf(worker).some(({ id }) => (this.killsOfJobs.get(id) ?? 0) >= mostKillsOfJob)
  }

  private kill(worker: Worker): void {
    this.fuses.delete(worker)
    this.interrupted += worker.unfinished.size
    for (const { id } of jobsOf(worker)) this.killsOfJobs.set(id, (this.killsOfJobs.get(id) ?? 0) + 1)
    worker.kill()
    this.alive[this.alive.indexOf(worker)] = this.start()
  }
}

function jobsOf(worker: Worker): Job[] {
  return [...worker.unfinished].filter((work): work is Job => 'payload' in work)
}
