import { RetryError } from '@posthog/plugin-scaffold'
import { persistently } from '../posthog/cache'
import type { AppMeta } from '../posthog/meta'
import { givenUp, isTooLate } from './retry'
import type { WaitingEvent } from './waiting'

/**
 * Hands the event to a job that runs at the given time (milliseconds since 1970).
 *
 * @param otherwise is called if there is no queue, or if the queue refuses the job.
 */
export async function putOff(
  { event, ...waiting }: WaitingEvent,
  at: number,
  { jobs }: AppMeta,
  otherwise: () => Promise<void>,
): Promise<void> {
  if (jobs === undefined) return otherwise()
  const { uuid, event: name, distinct_id, timestamp, properties, $set, $set_once } = event
  const held = { uuid, event: name, distinct_id, timestamp, properties, $set, $set_once }
  const job = { ...waiting, event: held as WaitingEvent['event'] }
  return persistently(() => jobs.deliver(job).runAt(new Date(at))).catch(otherwise)
}

/**
 * Lets a job try the event again.
 *
 * @param wait in milliseconds.
 * @param options `failed` is 0 if the wait is nobody's failure, so that it does not lengthen the next one; `otherwise` is
 * called if no job can hold the event.
 * @throws Error if the event has waited for a day; RetryError if no job can hold it and there is no `otherwise`.
 */
export async function tryAgain(
  { event, receivedAt, failures }: WaitingEvent,
  meta: AppMeta,
  reason: string,
  wait: number,
  options: { readonly failed?: 0; readonly otherwise?: (() => Promise<void>) | undefined } = {},
): Promise<void> {
  const { failed = 1, otherwise = () => Promise.reject(new RetryError(reason)) } = options
  if (isTooLate(receivedAt, wait)) throw givenUp(failures + failed, reason)
  return putOff({ event, receivedAt, failures: failures + failed }, Date.now() + wait, meta, otherwise)
}
