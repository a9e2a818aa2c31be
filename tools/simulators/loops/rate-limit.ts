import { createHash } from 'node:crypto'
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

/** The Idempotency-Keys of the last 24 hours, each with a hash of its body (E5, E6): many bodies would fill the memory. */
export class IdempotencyKeys {
  private readonly used = new Map<string, { at: number; hash: string }>()

  constructor(private readonly clock: Clock) {}

  use(key: string, body: string): void {
    this.used.set(key, { at: this.clock.now(), hash: hashOf(body) })
  }

  /** With which body the key was used in the last 24 hours. */
  usedWith(key: string, body: string): 'nothing' | 'this body' | 'another body' {
    const use = this.used.get(key)
    if (use === undefined || this.clock.now() - use.at >= IDEMPOTENCY_WINDOW) return 'nothing'
    return use.hash === hashOf(body) ? 'this body' : 'another body'
  }
}

function hashOf(body: string): string {
  return createHash('sha1').update(body).digest('base64')
}
