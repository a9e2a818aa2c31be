import { requestsPerSecond } from './campaign'
import type { CampaignResult } from './campaign'
import type { Measures } from './measures'

/** By fault mix, the most that a burst may take: multiples of the shortest time to drain, and requests an event. */
const burstLimits: Readonly<Record<string, { drain: number; requests: number }>> = {
  none: { drain: 1.2, requests: 1.05 },
  fifth: { drain: 1.6, requests: 1.5 },
}

/** Smaller bursts have no limits: the waits after the last failures outweigh the pace. */
const smallestBurst = 400

/** The promise that a run has broken, in a few words; undefined if it has kept all. */
function brokenPromise({ campaign, outcome }: CampaignResult): string | undefined {
  const { lost, duplicated, outOfOrder } = outcome.measures
  // Without the cache the app has no history of a contact, so it does not promise the order.
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

const mostFindings = 3

/** The promise that a run has broken and up to three findings, one a line; undefined if it has kept all. */
export function failureReport(result: CampaignResult): string | undefined {
  const broken = brokenPromise(result)
  if (broken === undefined) return undefined
  const { server, mix, arrivals, seed } = result.campaign
  const findings = result.outcome.findings.slice(0, mostFindings).map((finding) => `  ${finding}`)
  return [`PostHog ${server.name}, ${mix.name}, ${arrivals}, seed ${seed}: ${broken}`, ...findings].join('\n')
}
