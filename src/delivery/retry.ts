import { RetryError } from '@posthog/plugin-scaffold'
import { HOUR, MINUTE, SECOND } from '../time'
import type { Delivery } from '../payloads'
import type { Failure } from './loops-client'
import type { AppMeta } from '../meta'
import { runLater } from './queue'

/** Loops knows an idempotency key for 24 hours: a try after that could send an event a second time. */
const GIVE_UP_AFTER = 24 * HOUR - 10 * MINUTE

/** Up to an hour, and each wait up to half as long again, so that what failed together does not come back together. */
export function backOff(first: number, failures: number): number {
  return Math.min(HOUR, 1.5 ** failures * first) * (1 + Math.random() / 2)
}

/**
 * After no answer at all it is longer than Loops may still be at it, so that what it does late is made good.
 */
export async function retry(delivery: Delivery, { reason, isLate }: Failure, meta: AppMeta): Promise<void> {
  const { firstTried = Date.now(), failures, hasTurn, ...rest } = delivery
  const wait = Math.max(backOff(SECOND, failures), isLate === true ? 20 * SECOND : 0)
  if (isTooLate(rest.since ?? firstTried, wait)) throw givenUp(failures + 1, reason)
  if (await runLater({ ...rest, firstTried, failures: failures + 1 }, Date.now() + wait, meta)) return
  throw new RetryError(reason)
}

export function isTooLate(begun: number | undefined, wait: number): boolean {
  return begun !== undefined && Date.now() + wait > begun + GIVE_UP_AFTER
}

export function givenUp(tries: number, reason: string): Error {
  return new Error(`Given up after ${tries} tries within a day: ${reason}`)
}
