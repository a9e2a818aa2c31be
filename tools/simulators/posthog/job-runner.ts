import { sleep, type Clock } from '../../lib/clock'
import type { JobQueue } from './jobs'
import type { ServerVersion } from './versions'
import type { Worker } from './worker'

/** The time in which PostgreSQL looks for a due job, and notes that the one before has ended. */
const postgresMilliseconds = 10

export interface JobRunnerOptions {
  readonly clock: Clock
  readonly jobs: JobQueue
  readonly worker: Worker
  readonly server: Pick<ServerVersion, 'nextJobOnce' | 'jobLookMilliseconds'>
  /**
   * Whether the runner looks for due jobs at the server's intervals, and PostgreSQL takes its time for each job; otherwise it
   * takes each job the moment it is due.
   */
  readonly polls: boolean
  /** The time of the first look, in milliseconds since 1970. */
  readonly firstLook: number
}

/**
 * Runs due jobs in one worker, as one of Graphile Worker's runners does. The states:
 *
 * - **idle**: the last look found no due job. The runner looks again after the server's interval, or when PostgreSQL tells
 *   its process of a new job. No timer is set while the queue is empty, or for a look that would find nothing.
 * - **busy**: it takes one due job after the other, each once the job before has ended or, on servers of 2021 and 2022, has
 *   started.
 */
export class JobRunner {
  private isBusy = false
  private lastLook: number
  private callOff: () => void = () => undefined

  constructor(private readonly options: JobRunnerOptions) {
    this.lastLook = options.firstLook - options.server.jobLookMilliseconds
  }

  /** Sets the timer of the next look that finds a job. Call it after each change of the queue. */
  watch(): void {
    const { clock, jobs, worker } = this.options
    this.callOff()
    const next = jobs.next()
    if (this.isBusy || !worker.alive || next === undefined) return
    this.callOff = clock.after(this.lookFor(next.runAt) - clock.now(), () => void this.run())
  }

  /**
   * Looks for a due job at once, and again after the server's interval from then on. A process wakes one of its idle runners
   * for each new job, due or not: PostgreSQL notifies it of each insert.
   *
   * @returns false if the runner is busy.
   */
  nudge(): boolean {
    if (this.isBusy || !this.options.polls || !this.options.worker.alive) return false
    this.callOff()
    void this.run()
    return true
  }

  stop(): void {
    this.callOff()
  }

  private async run(): Promise<void> {
    const { clock, jobs, worker, server, polls } = this.options
    this.isBusy = true
    for (;;) {
      if (polls) await sleep(clock, postgresMilliseconds)
      const taken = worker.alive ? jobs.take() : undefined
      if (taken === undefined) break
      const running = worker.runJob(taken.job, taken.times)
      if (server.nextJobOnce === 'ended') await running
    }
    this.lastLook = clock.now()
    this.isBusy = false
    this.watch()
  }

  /** The time of the first look, after now, that finds a job which is due at `runAt`. */
  private lookFor(runAt: number): number {
    const { clock, polls, server } = this.options
    const due = Math.max(runAt, clock.now())
    if (!polls) return due
    const interval = server.jobLookMilliseconds
    return this.lastLook + Math.max(1, Math.ceil((due - this.lastLook) / interval)) * interval
  }
}
