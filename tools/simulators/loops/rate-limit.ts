import type { Clock } from '../../lib/clock'

const SECOND = 1000
const IDEMPOTENCY_WINDOW = 24 * 60 * 60 * SECOND

/**
 * The rate limit of one team (G3). Loops does not document where its seconds begin, so the window slides: no second,
 * wherever it begins, holds more than `limit` requests. A client that keeps to this also keeps to fixed seconds.
 */
export class RateLimit {
  private taken: number[] = []

  constructor(
    readonly limit: number,
    private readonly clock: Clock,
  ) {}

  /** Counts a request. Returns false, and counts nothing, if the limit is reached. */
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

  /** The body that `key` was used with in the last 24 hours; undefined if it was not used. */
  bodyUsedWith(key: string): string | undefined {
    const use = this.used.get(key)
    return use !== undefined && this.clock.now() - use.at < IDEMPOTENCY_WINDOW ? use.body : undefined
  }
}
