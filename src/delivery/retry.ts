import { DAY, MINUTE, SECOND } from '../time'

/** Loops knows an idempotency key for 24 hours: a try after that could send an event a second time. */
const GIVE_UP_AFTER = DAY - 10 * MINUTE

const LONGEST_WAIT = 20 * MINUTE

/**
 * How long to wait before the next try, in milliseconds: half as long again after each failure, at most twenty minutes, with
 * jitter, so that requests that failed together do not retry together.
 *
 * @param first how long the first wait is, in milliseconds.
 * @param failures how many tries have failed before the one that has just failed.
 */
export function backoff(first: number, failures: number): number {
  return Math.min(LONGEST_WAIT / 1.5, 1.5 ** failures * first) * (1 + Math.random() / 2)
}

/** Longer than Loops may still work on a request, so that the next try overwrites a late effect of this one. */
const WAIT_AFTER_TIMEOUT = 25 * SECOND

/** How long a request to Loops waits for its next try after `failures` failed tries and this one, in milliseconds. */
export function waitAfterFailure(failures: number, timedOut: boolean): number {
  return Math.max(backoff(SECOND, failures), timedOut ? WAIT_AFTER_TIMEOUT : 0)
}

/**
 * How long an event waits for a service that hangs, in milliseconds: at least until the circuit breaker lets a request out, and
 * a quarter of the event's age, so that many events that wait are not all run again every minute.
 *
 * @param until what the circuit breaker said.
 * @param receivedAt when the event was received. Both are milliseconds since 1970.
 */
export function waitForService(until: number, receivedAt: number): number {
  const now = Date.now()
  return Math.max(until - now, Math.min(LONGEST_WAIT, (now - receivedAt) / 4)) + Math.random() * MINUTE
}

/** True if a day is over before the next try of what was received at `receivedAt` (milliseconds since 1970). */
export function isTooLate(receivedAt: number, wait = 0): boolean {
  return Date.now() + wait > receivedAt + GIVE_UP_AFTER
}

/** The error of an event that could not be delivered for a day. */
export function givenUp(tries: number, reason: string): Error {
  return new Error(`Given up after ${tries} tries within a day: ${reason}`)
}
