import { RetryError } from '@posthog/plugin-scaffold'
import { withRetries } from '../posthog/cache'
import type { CapturedEvent } from '../posthog/event'
import { ownProperty } from '../json'
import type { JobQueue } from '../posthog/meta'
import { givenUp, isTooLate } from './retry'
import type { WaitingEvent } from './waiting'

type Otherwise = () => Promise<void>

/** PostHog's job queue, in which events wait. */
export interface EventQueue {
  /** False on servers since late 2024: no event can wait there. */
  readonly exists: boolean
  /**
   * Lets a job hold the event.
   *
   * @param at when the job is due: milliseconds since 1970.
   * @param otherwise is called if there is no queue, or if the queue does not accept the job.
   */
  readonly postpone: (waiting: WaitingEvent, at: number, otherwise: Otherwise) => Promise<void>
  /**
   * Lets a job try the event again.
   *
   * @throws Error if the event has waited for a day; RetryError if no job can hold it and there is no `otherwise`.
   */
  readonly retry: (waiting: WaitingEvent, next: Retry) => Promise<void>
}

export interface Retry {
  /** The reason why the event waits, as a clause for the log. */
  readonly reason: string
  /** Milliseconds. */
  readonly wait: number
  /** False if the event waits for another reason than a failure; the next wait is then no longer than this one. */
  readonly isFailure?: boolean
  readonly otherwise?: Otherwise | undefined
}

export function createEventQueue(jobs: JobQueue | undefined): EventQueue {
  async function postpone(waiting: WaitingEvent, at: number, otherwise: Otherwise): Promise<void> {
    if (jobs === undefined) return otherwise()
    const payload: WaitingEvent = { ...waiting, event: payloadOf(waiting.event), jobs: waiting.jobs + 1 }
    return withRetries(() => jobs.deliver(payload).runAt(new Date(at))).catch(otherwise)
  }

  return {
    exists: jobs !== undefined,
    postpone,
    retry: async (waiting, { reason, wait, isFailure = true, otherwise }) => {
      const failures = waiting.failures + (isFailure ? 1 : 0)
      if (isTooLate(waiting.receivedAt, wait)) throw givenUp(failures, reason)
      return postpone(
        { ...waiting, failures },
        Date.now() + wait,
        otherwise ?? (() => Promise.reject(new RetryError(reason))),
      )
    },
  }
}

/** The fields that the app reads. PostHog repeats the `$set` of the properties next to them. */
function payloadOf({ uuid, event, distinct_id, timestamp, properties, $set, $set_once }: CapturedEvent): CapturedEvent {
  const repeated = (name: string): boolean => ownProperty(properties, name) !== undefined
  return {
    ...(uuid !== undefined && { uuid }),
    event,
    distinct_id,
    timestamp,
    ...(properties !== undefined && { properties }),
    ...($set !== undefined && !repeated('$set') && { $set }),
    ...($set_once !== undefined && !repeated('$set_once') && { $set_once }),
  }
}
