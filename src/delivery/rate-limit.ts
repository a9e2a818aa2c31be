/**
 * The rate limit of all workers together: one request in each slot, whose length is a tenth more than the rate asks for, as
 * not all requests take equally long to arrive. Handlers that begin at once agree by the clock and by counters in the cache.
 *
 * A fresh request that finds its slot taken borrows one of the next slots, within a third of a second. What finds no slot
 * becomes a job and gets a place: the slot in which the job is due. There the job asks for a slot as others do, so fresh
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
  /** The slot of now. */
  readonly slot: () => number
  /** Asks for a slot. Awaits nothing; the answer goes to `asked`. */
  readonly ask: (slot: number) => Promise<AnswerWithLife<number>>
  readonly asked: (slot: number, answer: AnswerWithLife<number>) => Ask
  /** The slots that the request may borrow, in the order in which it asks for them. */
  readonly borrowable: (ask: Ask) => number[]
  /** Reads the last place that was given, for `placeAfter`. Awaits nothing. */
  readonly readPlace: () => Promise<unknown>
  /** When a job is due that found no slot: milliseconds since 1970. */
  readonly placeAfter: (answer: unknown, ask: Ask) => number
  /** Counts a request that waits for no slot. */
  readonly count: () => void
}

/** The slot of now and those that may be borrowed take so long together, in milliseconds. */
const BORROWED_WITHIN = SECOND / 3

/** A slot counts while requests go out in it, or borrow it. */
const COUNTER_LIFE = 10 * SECOND

/** The last place that was given. The n-th request that asked for `slot` gets the place `base` + n - 1. */
interface LastPlace {
  readonly slot: number
  readonly base: number
  readonly place: number
}

export function createRateLimit(requestsPerSecond: number, cache: Cache, keyPrefix: string): RateLimit {
  const length = (1.1 * SECOND) / requestsPerSecond
  const mostBorrowed = Math.floor(BORROWED_WITHIN / length) - 1
  const counter = (slot: number): KeyWithLife => ({ key: `${keyPrefix}slot-${slot}`, life: COUNTER_LIFE })
  const placeKey = `${keyPrefix}place`

  const currentSlot = (): number => Math.floor(Date.now() / length)
  return {
    slot: currentSlot,
    ask: (slot) => withLife(counter(slot), () => cache.incr(counter(slot).key), cache),
    asked: (slot, answer) => ({ slot, number: ensureLife(answer, cache) }),
    borrowable: ({ slot, number }) => {
      // Those that asked before it have taken the slots between.
      const [first, last] = [number - 1, Math.min(number, mostBorrowed)]
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => slot + first + place)
    },
    readPlace: () => withRetries(() => cache.get(placeKey, null)),
    placeAfter: (answer, { slot, number }) => {
      const last = lastPlaceIn(answer)
      const base = last?.slot === slot ? last.base : Math.max(slot, last?.place ?? 0)
      const place = base + number - 1
      const given: LastPlace = { slot, base, place }
      const life = Math.ceil(((place - slot) * length + COUNTER_LIFE) / SECOND)
      inBackground(() => cache.set(placeKey, given, life))
      return Math.ceil(place * length)
    },
    count: () => {
      const slot = currentSlot()
      inBackground(async () =>
        ensureLife(await withLife(counter(slot), () => cache.incr(counter(slot).key), cache), cache),
      )
    },
  }
}

function lastPlaceIn(answer: unknown): LastPlace | undefined {
  return typeof answer === 'object' && answer !== null ? (answer as LastPlace) : undefined
}
