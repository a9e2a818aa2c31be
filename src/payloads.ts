import type { LoopsRequest } from './translate/translate'
import { eventId, isoText } from './event'
import type { CapturedEvent } from './event'

/** A request on its way. It also waits in PostHog's job queue, so it holds all that is needed to send it, but no key. */
export interface Delivery {
  readonly request: LoopsRequest
  /** The event's uuid and time (milliseconds since 1970): they tell which of two values is the newer one. */
  readonly id: string
  readonly at: number
  /** Milliseconds since 1970. */
  readonly firstTried?: number
  /** When its event began to wait for the person of a filter, if it did: that counts for the day, too. */
  readonly since?: number
  readonly failures: number
  /** How often it was put off because the cache did not answer. */
  readonly cacheFailures: number
  /** It has waited for its turn and need not ask for one. */
  readonly hasTurn?: boolean
  /** How many jobs it has waited in. */
  readonly run?: number
  /** The job is there in case the worker of the one before dies. */
  readonly isSpare?: boolean
  /** It stands in the history of its contact only because it waits, not because it was sent. */
  readonly isNoted?: boolean
}

export function deliveryOf(request: LoopsRequest, event: CapturedEvent): Delivery {
  const time = isoText(event.timestamp)
  const at = time === undefined ? Date.now() : Date.parse(time)
  return { request, id: eventId(event), at, failures: 0, cacheFailures: 0 }
}

/** An event that waits in PostHog's job queue for a filter that looks at the person. */
export interface Undecided {
  readonly event: CapturedEvent
  /** Milliseconds since 1970. */
  readonly firstTried: number
  readonly failures: number
  readonly isSpare?: boolean
}
