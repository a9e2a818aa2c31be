import { requestsPerSecond } from './campaign'
import type { Measures } from './measures'
import type { Result } from './table'

/** How fast a burst must drain, as a multiple of what the limit of Loops makes it, and with how many requests an event. */
const burstLimits: Readonly<Record<string, { drain: number; requests: number }>> = {
  none: { drain: 1.2, requests: 1.05 },
  fifth: { drain: 1.6, requests: 1.5 },
}

/** In a smaller burst the waits after the last failures outweigh the pace. */
const smallestBurst = 400

/** In what way a run falls short of what is promised, in a few words; undefined if it keeps it. */
export function shortfall({ campaign, outcome }: Result): string | undefined {
  const { lost, duplicated, outOfOrder } = outcome.measures
  // Without the cache there is no history of a contact, so the order is not promised.
  const reordered = campaign.mix.name === 'cacheDown' ? 0 : outOfOrder
  if (lost + duplicated + reordered > 0) return `${lost} lost, ${duplicated} duplicated, ${outOfOrder} out of order`
  const limits = campaign.arrivals === 'burst' ? burstLimits[campaign.mix.name] : undefined
  return limits && campaign.events >= smallestBurst ? slowness(outcome.measures, limits) : undefined
}

function slowness({ drainSeconds, wanted, requests }: Measures, limits: { drain: number; requests: number }) {
  const drain = drainSeconds / (wanted / requestsPerSecond)
  const each = requests / wanted
  return drain > limits.drain || each > limits.requests
    ? `${drain.toFixed(2)} times the minimum to drain, ${each.toFixed(2)} requests an event`
    : undefined
}
