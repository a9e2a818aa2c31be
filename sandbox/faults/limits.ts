import { requestsPerSecond } from './campaign'
import type { CampaignOptions, CampaignResult } from './campaign'
import type { Measures } from './measures'

/** By fault mix, the most requests that a burst may take for each event. */
const mostRequests: Readonly<Record<string, number>> = { none: 1.1, fifth: 1.4 }

/** The longest that a burst may take, in multiples of the shortest time to drain, where many jobs run at once. */
const longestDrain: Readonly<Record<string, number>> = { none: 1.5, fifth: 1.9 }

/** The same without faults where one job runs at a time, with a Loops that answers in 150 ms. */
const longestDrainByOneRunner: Readonly<Record<string, number>> = { none: 1.9 }

const runnersForMany = 10

/** Smaller bursts have no limits: the waits after the last failures outweigh the pace. */
const smallestBurst = 400

/** What is kept today. The aim is 1.2 times the rate, and one answer 429 in a hundred: jobs that come at once still miss it. */
const mostInASecond = 1.8 * requestsPerSecond
const largestShareOf429 = 0.2

/** The promise that a run has broken, in a few words; undefined if it has kept all. */
function brokenPromise({ campaign, outcome }: CampaignResult): string | undefined {
  const { lost, duplicated, outOfOrder } = outcome.measures
  if (lost + duplicated + outOfOrder > 0) return `${lost} lost, ${duplicated} duplicated, ${outOfOrder} out of order`
  return tooFast(outcome.measures, campaign) ?? tooSlow(outcome.measures, campaign)
}

function tooFast({ mostInASecond: most, tooMany, requests }: Measures, { mix }: CampaignOptions): string | undefined {
  // A cache that fails or is slow cannot keep the pace.
  if (mix.rates.cache + mix.rates.slowCache > 0) return undefined
  if (most > mostInASecond) return `${most} requests in a second`
  const isTooMany = mix.rates['429'] === 0 && tooMany > largestShareOf429 * requests
  return isTooMany ? `${tooMany} of ${requests} requests answered 429` : undefined
}

function tooSlow({ drainSeconds, wanted, requests }: Measures, campaign: CampaignOptions): string | undefined {
  if (campaign.arrivals !== 'burst' || campaign.events < smallestBurst) return undefined
  const drain = drainSeconds / (wanted / requestsPerSecond)
  const each = requests / wanted
  return drain > drainLimit(campaign) || each > (mostRequests[campaign.mix.name] ?? Infinity)
    ? `${drain.toFixed(2)} times the minimum to drain, ${each.toFixed(2)} requests an event`
    : undefined
}

function drainLimit({ server, mix, jobRunners }: CampaignOptions): number {
  const hasMany = server.nextJobOnce === 'started' || jobRunners >= runnersForMany
  return (hasMany ? longestDrain : longestDrainByOneRunner)[mix.name] ?? Infinity
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
