import { sleep, type Clock } from '../../lib/clock'
import type { Delivery } from './records'
import type { CapturedEvent } from '../../lib/shapes'
import type { Worker } from './worker'

export interface ConsumerOptions {
  readonly clock: Clock
  /** The most events that are in the worker at once (default: ten). */
  readonly atOnce?: number
  /** The time between the starts of two events (default: 3 ms). */
  readonly millisecondsApart?: () => number
}

interface WaitingEvent {
  readonly event: CapturedEvent
  readonly resolve: (delivery: Promise<Delivery>) => void
}

/**
 * Hands events to a worker as PostHog's consumer does: ten at once, each a few milliseconds after the one before, and the
 * next when one has ended. Events of one person are not kept apart.
 */
export class Consumer {
  private readonly waiting: WaitingEvent[] = []
  private inWorker = 0
  private isHandingOver = false

  constructor(
    private readonly worker: Worker,
    private readonly options: ConsumerOptions,
  ) {
    void worker.ended.then(() => {
      this.handOverRest()
    })
  }

  /** Resolves when the event's hooks have ended. The event is `killed` if the worker was killed before. */
  deliver(event: CapturedEvent): Promise<Delivery> {
    if (!this.worker.alive) return this.worker.deliver(event)
    return new Promise((resolve) => {
      this.waiting.push({ event, resolve })
      void this.handOver()
    })
  }

  private async handOver(): Promise<void> {
    if (this.isHandingOver) return
    this.isHandingOver = true
    const { clock, atOnce = 10, millisecondsApart = () => 3 } = this.options
    while (this.worker.alive && this.inWorker < atOnce) {
      const next = this.waiting.shift()
      if (next === undefined) break
      this.start(next)
      await sleep(clock, millisecondsApart())
    }
    this.isHandingOver = false
  }

  private start({ event, resolve }: WaitingEvent): void {
    this.inWorker += 1
    const delivering = this.worker.deliver(event)
    resolve(delivering)
    void delivering.then(() => {
      this.inWorker -= 1
      void this.handOver()
    })
  }

  /** A killed worker gives each event back as killed. */
  private handOverRest(): void {
    for (const { event, resolve } of this.waiting.splice(0)) resolve(this.worker.deliver(event))
  }
}
