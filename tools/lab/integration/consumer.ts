import type { CapturedEvent } from '../../lib/shapes'
import type { ServerProcess } from './server-process'

/** The events that PostHog's server hands to an app at once. */
const groupSize = 10

/**
 * Hands the events to the processes, as PostHog's consumer does: the events of a person go to the same process, in their
 * order and ten at once; the next ten follow when these are handled. If the process ends before, all ten are delivered
 * again when it is back.
 *
 * @param onHandled called for each event that a process has handled.
 */
export async function handOver(
  events: readonly CapturedEvent[],
  processes: readonly Pick<ServerProcess, 'handle'>[],
  onHandled: () => void,
): Promise<void> {
  await Promise.all(
    processes.map(async (process, index) => {
      const own = events.filter(({ distinct_id }) => partitionOf(distinct_id) % processes.length === index)
      for (let first = 0; first < own.length; first += groupSize) {
        const group = own.slice(first, first + groupSize)
        while (!(await process.handle(group, onHandled)));
      }
    }),
  )
}

function partitionOf(distinctId: string): number {
  return Buffer.from(distinctId).reduce((hash, byte) => (hash * 31 + byte) % 1009, 7)
}
