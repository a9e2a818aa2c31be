import type { Clock } from '../../lib/clock'

/**
 * Ends everything that a worker does outside its VM. The states:
 *
 * - **alive**: effects and their answers pass, timers run.
 * - **killed**: for good. Effects and answers never settle, and no timer is left.
 */
export class KillSwitch {
  private killed = false
  private resolveEnd: () => void = () => undefined
  private readonly timers = new Set<() => void>()
  /** What ends the waits of `orKilled`. */
  private readonly waits = new Set<() => void>()
  /** Resolves when the worker is killed. */
  readonly end = new Promise<void>((resolve) => {
    this.resolveEnd = resolve
  })

  constructor(private readonly clock: Clock) {}

  kill(): void {
    this.killed = true
    for (const cancel of this.timers) cancel()
    this.timers.clear()
    for (const end of this.waits) end()
    this.resolveEnd()
  }

  /**
   * Settles as `work` does, or resolves when the worker is killed. `Promise.race` with `end` would keep memory of each event as
   * long as the worker lives.
   */
  orKilled(work: Promise<void>): Promise<void> {
    if (this.isKilled()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.waits.add(resolve)
      const forget = () => this.waits.delete(resolve)
      work.then(resolve, reject).then(forget, forget)
    })
  }

  isKilled(): boolean {
    return this.killed
  }

  /** Runs an effect between two hooks. Once the worker is killed, the effect does not run and its answer never arrives. */
  async pass<Answer>(
    before: () => void | Promise<void>,
    act: () => Answer | Promise<Answer>,
    after: () => void | Promise<void>,
  ): Promise<Answer> {
    try {
      if (!this.isKilled()) await before()
      if (this.isKilled()) return await never()
      const answer = await act()
      await after()
      return this.isKilled() ? await never() : answer
    } catch (error) {
      if (this.isKilled()) return never()
      throw error
    }
  }

  after(milliseconds: number, callback: () => void): () => void {
    if (this.isKilled()) return () => undefined
    const cancel = this.clock.after(milliseconds, () => {
      this.timers.delete(cancel)
      callback()
    })
    this.timers.add(cancel)
    return () => {
      this.timers.delete(cancel)
      cancel()
    }
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(milliseconds, resolve)
    })
  }

  /** `promise`, or a rejection with `error` if it takes longer. */
  within<Answer>(milliseconds: number, promise: Promise<Answer>, error: () => Error): Promise<Answer> {
    let cancel: () => void = () => undefined
    const timeout = new Promise<never>((_, reject) => {
      cancel = this.after(milliseconds, () => {
        reject(error())
      })
    })
    return Promise.race([promise, timeout]).finally(() => {
      cancel()
    })
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}
