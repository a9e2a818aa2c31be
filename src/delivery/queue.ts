import type { Delivery, Undecided } from '../payloads'
import type { AppMeta } from '../meta'
import { orElse, persistently } from '../cache'
import { DAY_IN_SECONDS, MINUTE } from '../time'
import { eventId } from '../event'
import type { Settings } from '../settings'

/**
 * Hands a delivery to a job; tells whether there is one. Jobs are durable, but no server since late 2024 has them. PostHog
 * tries a job once: if the worker dies while it runs, it is gone. So each has a spare one behind it, which does nothing if
 * the first has come to an end.
 */
export async function runLater(delivery: Delivery, at: number, meta: AppMeta): Promise<boolean> {
  const { jobs: queue } = meta
  if (queue === undefined) return false
  const next = { ...delivery, run: (delivery.run ?? 0) + 1, isSpare: false }
  const spare = { ...next, isSpare: true, hasTurn: false }
  return withSpare(next, at, meta, (isSpare, time) => queue.deliver(isSpare ? spare : next).runAt(time))
}

export async function withSpare(
  job: WaitingJob,
  at: number,
  meta: AppMeta,
  enqueue: (isSpare: boolean, time: Date) => Promise<unknown>,
): Promise<boolean> {
  const add = (isSpare: boolean, time: number): Promise<boolean> =>
    orElse(
      persistently(() => enqueue(isSpare, new Date(time))).then(() => true),
      false,
    )
  // Only the cache tells a spare job that it is not needed: without it there must be none, or they would multiply.
  if (await orElse(noteEnd(job, false, meta), false)) await add(true, at + 15 * MINUTE)
  return add(false, at)
}

/** What tells a job from others: the same for a job and its spare one. */
interface WaitingJob {
  readonly id: string
  readonly run?: number
  readonly isSpare?: boolean
}

function endKey({ id, run = 0 }: WaitingJob): string {
  return `ended-${id}-${run}`
}

async function noteEnd(job: WaitingJob, hasCome: boolean, { cache }: AppMeta): Promise<boolean> {
  await persistently(() => cache.set(endKey(job), hasCome, DAY_IN_SECONDS))
  return true
}

async function hasEnded(job: WaitingJob, { cache }: AppMeta): Promise<boolean> {
  return (await persistently(() => cache.get(endKey(job), false))) === true
}

export function jobOf({ event, failures, isSpare = false }: Undecided): WaitingJob {
  return { id: `decide-${eventId(event)}`, run: failures, isSpare }
}

/** A spare job does nothing if the one before it has come to an end, and a job that ends says so. */
export async function runJob(
  job: WaitingJob,
  { dryRun }: Settings,
  meta: AppMeta,
  work: () => Promise<void>,
): Promise<void> {
  if (job.isSpare === true && (dryRun || (await orElse(hasEnded(job, meta), false)))) return
  try {
    await work()
  } finally {
    await orElse(noteEnd(job, true, meta), false)
  }
}
