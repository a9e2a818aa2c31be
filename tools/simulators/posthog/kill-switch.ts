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
  /** Resolves when the worker is killed. */
  readonly end = new Promise<void>((resolve) => {
    this.resolveEnd = resolve
  })

  constructor(private readonly clock: Clock) {}

  kill(): void {
    this.killed = true
    for (const cancel of this.timers) cancel()
    this.timers.clear()
    this.resolveEnd()
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
