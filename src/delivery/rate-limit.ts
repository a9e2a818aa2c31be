/**
 * The rate limit of all workers together: one request in each slot, whose length is a tenth more than the rate asks for, as
 * not all requests take equally long to arrive. Handlers that begin at once agree by the clock and by counters in the cache.
 *
 * A fresh request whose slot is occupied borrows one of the next slots, within 330 ms. A request that finds no slot
 * becomes a job with a slot of its own, in which the job is due. Then the job asks for a slot like any other request, so fresh
 * requests do not wait for the jobs.
 */
import { ensureLife, inBackground, withLife, withRetries } from '../posthog/cache'
import type { AnswerWithLife, KeyWithLife } from '../posthog/cache'
import type { Cache } from '../posthog/meta'
import { SECOND } from '../time'

/** A slot that has been asked for. */
export interface Ask {
  readonly slot: number
  /** How many requests have asked for the slot so far; the first one has it. */
  readonly number: number
}

export interface RateLimit {
  /** The current slot. */
  readonly slot: () => number
  /** Asks for a slot. Awaits nothing; the answer goes to `asked`. */
  readonly ask: (slot: number) => Promise<AnswerWithLife<number>>
  readonly asked: (slot: number, answer: AnswerWithLife<number>) => Ask
  /** The slots that the request may borrow, in the order in which it asks for them. */
  readonly borrowable: (ask: Ask) => number[]
  /** Reads the last slot that a job got, for `jobDueAt`. Awaits nothing. */
  readonly readLastJob: () => Promise<unknown>
  /** When a job is due that found no slot: milliseconds since 1970. */
  readonly jobDueAt: (answer: unknown, ask: Ask) => number
  /** Counts a request that waits for no slot. */
  readonly count: () => void
}

/** How long the current slot and those that may be borrowed last together, in milliseconds. */
const BORROWED_WITHIN = SECOND / 3

/** A slot counts while requests go out in it, or borrow it. */
const COUNTER_LIFE = 10 * SECOND

/** The last slot that a job got. The job of the n-th request that asked for `slot` gets the slot `base` + n - 1. */
interface LastJob {
  readonly slot: number
  readonly base: number
  readonly jobSlot: number
}

export function createRateLimit(requestsPerSecond: number, cache: Cache, keyPrefix: string): RateLimit {
  const length = (1.1 * SECOND) / requestsPerSecond
  const mostBorrowed = Math.floor(BORROWED_WITHIN / length) - 1
  const counter = (slot: number): KeyWithLife => ({ key: `${keyPrefix}slot-${slot}`, life: COUNTER_LIFE })
  const lastJobKey = `${keyPrefix}jobs`

  const currentSlot = (): number => Math.floor(Date.now() / length)
  return {
    slot: currentSlot,
    ask: (slot) => withLife(counter(slot), () => cache.incr(counter(slot).key), cache),
    asked: (slot, answer) => ({ slot, number: ensureLife(answer, cache) }),
    borrowable: ({ slot, number }) => {
      // Earlier requests have taken the slots in between.
      const [first, last] = [number - 1, Math.min(number, mostBorrowed)]
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => slot + first + index)
    },
    readLastJob: () => withRetries(() => cache.get(lastJobKey, null)),
    jobDueAt: (answer, { slot, number }) => {
      const last = lastJobIn(answer)
      const base = last?.slot === slot ? last.base : Math.max(slot, last?.jobSlot ?? 0)
      const jobSlot = base + number - 1
      const latest: LastJob = { slot, base, jobSlot }
      const life = Math.ceil(((jobSlot - slot) * length + COUNTER_LIFE) / SECOND)
      inBackground(() => cache.set(lastJobKey, latest, life))
      return Math.ceil(jobSlot * length)
    },
    count: () => {
      const slot = currentSlot()
      inBackground(async () =>
        ensureLife(await withLife(counter(slot), () => cache.incr(counter(slot).key), cache), cache),
      )
    },
  }
}

function lastJobIn(answer: unknown): LastJob | undefined {
  return typeof answer === 'object' && answer !== null ? (answer as LastJob) : undefined
}
