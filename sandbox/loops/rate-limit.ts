import type { Clock } from '../lib/clock'

const SECOND = 1000
const IDEMPOTENCY_WINDOW = 24 * 60 * 60 * SECOND

/**
 * How many requests fit into one second (G3). Loops does not say where its seconds begin, so the window slides: no
 * second, wherever it begins, holds more than `limit` requests. Whoever keeps to that also keeps to fixed seconds.
 */
export class RateLimit {
  private taken: number[] = []

  constructor(
    readonly limit: number,
    private readonly clock: Clock,
  ) {}

  /** Takes a place; false, and no place taken, when there is none. */
  take(): boolean {
    if (this.remaining() === 0) return false
    this.taken.push(this.clock.now())
    return true
  }

  remaining(): number {
    const start = this.clock.now() - SECOND
    this.taken = this.taken.filter((time) => time > start)
    return this.limit - this.taken.length
  }
}

/** The Idempotency-Keys of the last 24 hours and the bodies they came with (E5, E6). */
export class IdempotencyKeys {
  private readonly used = new Map<string, { at: number; body: string }>()

  constructor(private readonly clock: Clock) {}

  use(key: string, body: string): void {
    this.used.set(key, { at: this.clock.now(), body })
  }

  /** The body that `key` was used with less than 24 hours ago, if it was. */
  bodyUsedWith(key: string): string | undefined {
    const use = this.used.get(key)
    return use !== undefined && this.clock.now() - use.at < IDEMPOTENCY_WINDOW ? use.body : undefined
  }
}
