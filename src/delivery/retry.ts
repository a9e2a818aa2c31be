import { DAY, HOUR, MINUTE, SECOND } from '../time'

/** Loops knows an idempotency key for 24 hours: a try after that could send an event a second time. */
const GIVE_UP_AFTER = DAY - 10 * MINUTE

/**
 * How long to wait before the next try, in milliseconds: half as long again after each failure, up to an hour, with jitter,
 * so that requests that failed together do not retry together.
 *
 * @param first how long the first wait is, in milliseconds.
 * @param failures how many tries have failed before the one that has just failed.
 */
export function backOff(first: number, failures: number): number {
  return Math.min(HOUR, 1.5 ** failures * first) * (1 + Math.random() / 2)
}

/** Longer than Loops may still be at a request, so that the next try makes good what this one does late. */
const WAIT_AFTER_TIMEOUT = 25 * SECOND

/**
 * How long a request to Loops that has failed waits for its next try, in milliseconds.
 *
 * @param failures how many tries have failed before this one.
 * @param isLate whether Loops may still act on the request.
 */
export function waitAfterFailure(failures: number, isLate: boolean): number {
  return Math.max(backOff(SECOND, failures), isLate ? WAIT_AFTER_TIMEOUT : 0)
}

/** Whether a day is over before the next try of what was received at `receivedAt` (milliseconds since 1970). */
export function isTooLate(receivedAt: number, wait = 0): boolean {
  return Date.now() + wait > receivedAt + GIVE_UP_AFTER
}

/** The error with which an event ends that could not be delivered for a day. */
export function givenUp(tries: number, reason: string): Error {
  return new Error(`Given up after ${tries} tries within a day: ${reason}`)
}
