import type { Clock } from '../lib/clock'

/** What ties a worker to the world: cut, nothing more goes out, nothing comes in, and no timer is left. */
export class KillSwitch {
  private cutOff = false
  private resolveEnd: () => void = () => undefined
  private readonly alarms = new Set<() => void>()
  readonly end = new Promise<void>((resolve) => {
    this.resolveEnd = resolve
  })

  constructor(private readonly clock: Clock) {}

  cut(): void {
    this.cutOff = true
    for (const callOff of this.alarms) callOff()
    this.alarms.clear()
    this.resolveEnd()
  }

  isCut(): boolean {
    return this.cutOff
  }

  /** Does something that can be seen from outside. Neither it nor its answer passes a cut line. */
  async pass<Answer>(
    before: () => void | Promise<void>,
    act: () => Answer | Promise<Answer>,
    after: () => void | Promise<void>,
  ): Promise<Answer> {
    try {
      if (!this.isCut()) await before()
      if (this.isCut()) return await never()
      const answer = await act()
      await after()
      return this.isCut() ? await never() : answer
    } catch (error) {
      if (this.isCut()) return never()
      throw error
    }
  }

  after(milliseconds: number, callback: () => void): () => void {
    if (this.isCut()) return () => undefined
    const callOff = this.clock.after(milliseconds, () => {
      this.alarms.delete(callOff)
      callback()
    })
    this.alarms.add(callOff)
    return () => {
      this.alarms.delete(callOff)
      callOff()
    }
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(milliseconds, resolve)
    })
  }

  /** `promise`, or a rejection with `error` if it takes longer. */
  within<Answer>(milliseconds: number, promise: Promise<Answer>, error: () => Error): Promise<Answer> {
    let callOff: () => void = () => undefined
    const timeout = new Promise<never>((_, reject) => {
      callOff = this.after(milliseconds, () => {
        reject(error())
      })
    })
    return Promise.race([promise, timeout]).finally(() => {
      callOff()
    })
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}
