/** The time of the simulators. With a virtual clock an hour of waiting passes in a moment. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `callback` once after `milliseconds`, and returns a function that cancels the call. */
  after(milliseconds: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds)
    return () => {
      clearTimeout(timer)
    }
  },
}

/** Resolves after `milliseconds` of the clock's time. */
export function sleep(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(milliseconds, resolve)
  })
}

interface Timer {
  readonly at: number
  readonly order: number
  /** Undefined once the timer is cancelled. */
  callback: (() => void) | undefined
}

/**
 * A clock that stands still while code runs, and jumps to the next timer once no microtask is left. Code under this clock
 * must do no real input or output, because the clock does not wait for it.
 */
export class VirtualClock implements Clock {
  private readonly timers = new Heap<Timer>(
    (one, other) => one.at < other.at || (one.at === other.at && one.order < other.order),
  )
  private order = 0
  /** How many timers of the heap are cancelled. */
  private cancelled = 0

  constructor(private time = Date.UTC(2024, 4, 1)) {}

  now(): number {
    return this.time
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer: Timer = { at: this.time + Math.max(0, milliseconds), order: this.order++, callback }
    this.timers.add(timer)
    return () => {
      if (timer.callback === undefined) return
      timer.callback = undefined
      this.cancelled += 1
      this.removeCancelled()
    }
  }

  /** Runs until no timer is left, or until the next one is due after `until` (milliseconds since 1970). */
  async run(until = Infinity): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.nextTimer()
      if (next === undefined || next.at > until) break
      this.fire(next)
    }
    if (until !== Infinity) this.time = Math.max(this.time, until)
  }

  /**
   * Runs timers until the promise is settled, and no further.
   *
   * @throws what the promise is rejected with; Error if no timer is left that could settle it.
   */
  async settled<Result>(promise: Promise<Result>): Promise<Result> {
    const state = { isSettled: false }
    const settle = (): void => {
      state.isSettled = true
    }
    promise.then(settle, settle)
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      if (state.isSettled) return promise
      const next = this.nextTimer()
      if (next === undefined) throw new Error('Nothing is left that could settle the promise.')
      this.fire(next)
    }
  }

  private fire(timer: Timer): void {
    this.timers.takeFirst()
    this.time = timer.at
    const { callback } = timer
    // So that a later cancellation does nothing.
    timer.callback = undefined
    callback?.()
  }

  /** Many events must not fill the memory, even if no time passes: each leaves timers that it has cancelled. */
  private removeCancelled(): void {
    if (this.cancelled < 1000 || this.cancelled < this.timers.size / 2) return
    this.timers.keep(({ callback }) => callback !== undefined)
    this.cancelled = 0
  }

  private nextTimer(): Timer | undefined {
    for (;;) {
      const next = this.timers.first()
      if (next === undefined || next.callback !== undefined) return next
      this.timers.takeFirst()
      this.cancelled -= 1
    }
  }
}

/** A binary heap: takes items in any order and gives the first of them by `comesBefore`. */
class Heap<Item> {
  private items: Item[] = []

  constructor(private readonly comesBefore: (one: Item, other: Item) => boolean) {}

  get size(): number {
    return this.items.length
  }

  keep(isKept: (item: Item) => boolean): void {
    const kept = this.items.filter(isKept)
    this.items = []
    for (const item of kept) this.add(item)
  }

  first(): Item | undefined {
    return this.items[0]
  }

  add(item: Item): void {
    let index = this.items.length
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = this.items[above]
      if (parent === undefined || !this.comesBefore(item, parent)) break
      this.items[index] = parent
      index = above
    }
    this.items[index] = item
  }

  takeFirst(): Item | undefined {
    const first = this.items[0]
    const last = this.items.pop()
    if (last !== undefined && this.items.length > 0) this.sink(last)
    return first
  }

  private sink(item: Item): void {
    let index = 0
    for (;;) {
      const below = this.firstBelow(index)
      const child = this.items[below]
      if (child === undefined || !this.comesBefore(child, item)) break
      this.items[index] = child
      index = below
    }
    this.items[index] = item
  }

  private firstBelow(index: number): number {
    const left = this.items[2 * index + 1]
    const right = this.items[2 * index + 2]
    return left !== undefined && right !== undefined && this.comesBefore(right, left) ? 2 * index + 2 : 2 * index + 1
  }
}
