import { sleep } from '../../lib/clock'
import type { Clock } from '../../lib/clock'
import { Consumer } from '../../simulators/posthog/consumer'
import type { CapturedEvent } from '../../lib/shapes'
import type { RunningWorker } from '../../simulators/posthog/records'
import type { Worker } from '../../simulators/posthog/worker'
import type { ServerVersion } from '../../simulators/posthog/versions'
import { Random } from './random'

const size = 4
const mostMomentsAhead = 16
const shortestPause = 1000
const longestPause = 5000
const closestStarts = 1
const farthestStarts = 5

export interface WorkersOptions {
  /** Starts a worker with so many job runners, whose clock is so many milliseconds ahead. */
  readonly start: (jobRunners: number, millisecondsAhead: number) => Worker
  readonly clock: Clock
  readonly random: Random
  /** The share of deliveries and job runs to interrupt, from 0 to 1. */
  readonly killRate: number
  /** The job runners of all workers together. */
  readonly jobRunners: number
  readonly eventsGoTo: ServerVersion['eventsGoTo']
  /** How far the clock of each process is ahead, in milliseconds. */
  readonly clocksAhead: readonly number[]
}

interface RunningProcess {
  readonly worker: Worker
  readonly consumer: Consumer
}

/** The server processes of one installation. A killed one is replaced at once, and its unfinished events come again. */
export class Workers {
  private readonly processes: RunningProcess[] = []
  /** The number of moments until the kill of each worker that was picked for one. */
  private readonly countdowns = new Map<RunningWorker, number>()
  private clocksAhead: readonly number[]
  private begun = 0
  private interrupted = 0
  /** How many processes were killed. */
  killed = 0

  constructor(private readonly options: WorkersOptions) {
    this.clocksAhead = options.clocksAhead
  }

  /** Starts the processes, which have run for a while when the first event comes: the app is set up in each. */
  startAll(): void {
    for (let index = 0; index < size; index++) this.startAt(index)
    for (const { worker } of this.processes) void worker.prepare()
  }

  /** Delivers an event again until its worker is not killed, as PostHog's at-least-once consumer does. */
  async deliver(event: CapturedEvent): Promise<void> {
    const { clock, random } = this.options
    for (;;) {
      const { consumer } = this.processFor(event)
      const { killed } = await consumer.deliver(event)
      if (!killed) return
      await sleep(clock, random.between(shortestPause, longestPause))
    }
  }

  /** Corrects the clocks and starts each process again, once it has ended what it has begun. */
  async restartWithRightClocks(): Promise<void> {
    this.clocksAhead = []
    for (const [index, { worker }] of this.processes.entries()) {
      while (worker.unfinished.size > 0) await sleep(this.options.clock, 1)
      worker.kill()
      this.startAt(index)
    }
  }

  /** Counts an event that is handed to the app, or a job that begins. */
  begin(): void {
    this.begun += 1
  }

  /** Kills the worker if its countdown is over. Called just before and just after each effect of the app. */
  passMoment(worker: RunningWorker): void {
    if (!worker.alive) return
    const left = this.countdowns.get(worker) ?? this.newCountdown()
    if (left === undefined) return
    if (left > 0) this.countdowns.set(worker, left - 1)
    else this.kill(worker)
  }

  /** Kafka gives the events of a distinct_id to one process. */
  private processFor({ distinct_id: distinctId }: CapturedEvent): RunningProcess {
    const { random, eventsGoTo } = this.options
    const index =
      eventsGoTo === 'any thread' ? random.between(0, size - 1) : new Random(distinctId).between(0, size - 1)
    const process = this.processes[index]
    if (process === undefined) throw new Error('The processes have not been started.')
    return process
  }

  private startAt(index: number): void {
    const { start, clock, random, jobRunners } = this.options
    const runners = Math.floor((jobRunners + size - 1 - index) / size)
    const worker = start(runners, this.clocksAhead[index] ?? 0)
    const consumer = new Consumer(worker, {
      clock,
      millisecondsApart: () => random.between(closestStarts, farthestStarts),
    })
    this.processes[index] = { worker, consumer }
  }

  /** Starts a countdown of random length, so that every await of the app is equally likely to be interrupted. */
  private newCountdown(): number | undefined {
    const { killRate, random } = this.options
    const isDue = this.interrupted + this.countdowns.size < killRate * this.begun
    return isDue ? random.between(0, mostMomentsAhead) : undefined
  }

  private kill(worker: RunningWorker): void {
    this.countdowns.delete(worker)
    this.interrupted += worker.unfinished.size
    this.killed += 1
    worker.kill()
    this.startAt(this.processes.findIndex((each) => each.worker === worker))
  }
}
