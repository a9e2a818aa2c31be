import { requestsPerSecond } from './campaign'
import type { CampaignOptions, CampaignResult } from './campaign'
import type { Measures } from './measures'

/** By fault mix, the most requests that a burst may take for each event. */
const mostRequests: Readonly<Record<string, number>> = { none: 1.1, fifth: 1.4 }

/** The longest that a burst may take, in multiples of the shortest time to drain, where a job starts when it is due. */
const longestDrain: Readonly<Record<string, number>> = { none: 1.2, fifth: 1.6 }

/**
 * The same where job runners look every two seconds, with a Loops that answers in 150 ms. One runner finds the next job due
 * whenever it ends one. Several have looked at the same moment, when the last job was enqueued, and look again together: one
 * of them gets the slot, and the others wait for their next slots.
 */
const longestDrainByLooks = { oneRunner: { none: 1.7 }, severalRunners: { none: 2.5 } } as const

/** Smaller bursts have no limits: the waits after the last failures outweigh the rate limit. */
const smallestBurst = 400

const mostInASecond = 1.2 * requestsPerSecond
const largestShareOf429 = 0.01

/** At all that the app lets out a second, any unevenness is a request too many for Loops. */
const largestShareWhenFull = 0.05

/** The promise that a run has broken, in a few words; undefined if it has kept all. */
function brokenPromise({ campaign, outcome }: CampaignResult): string | undefined {
  const { lost, duplicated, outOfOrder } = outcome.measures
  if (lost + duplicated + outOfOrder > 0) return `${lost} lost, ${duplicated} duplicated, ${outOfOrder} out of order`
  const { measures } = outcome
  return tooFast(measures, campaign) ?? tooSlow(measures, campaign) ?? heldUp(measures, campaign)
}

function tooFast({ mostInASecond: most, tooMany, requests }: Measures, { mix }: CampaignOptions): string | undefined {
  // A cache that fails or is slow, and clocks that differ, cannot keep the limit.
  if (mix.rates.cache + mix.rates.slowCache > 0 || mix.clocksDiffer) return undefined
  if (most > mostInASecond) return `${most} requests in a second`
  // A request that hangs counts for Loops when Loops gets to it, whatever the app sends then.
  const share = mix.load === 'busyContact' ? largestShareWhenFull : largestShareOf429
  const isTooMany = mix.rates['429'] + mix.rates.hang === 0 && tooMany > Math.max(1, share * requests)
  return isTooMany ? `${tooMany} of ${requests} requests answered 429` : undefined
}

function tooSlow({ drainSeconds, wanted, requests }: Measures, campaign: CampaignOptions): string | undefined {
  if (campaign.mix.load !== 'burst' || campaign.events < smallestBurst) return undefined
  const drain = drainSeconds / (wanted / requestsPerSecond)
  const each = requests / wanted
  return drain > drainLimit(campaign) || each > (mostRequests[campaign.mix.name] ?? Infinity)
    ? `${drain.toFixed(2)} times the minimum to drain, ${each.toFixed(2)} requests an event`
    : undefined
}

function drainLimit({ server, mix, jobRunners }: CampaignOptions): number {
  const byLooks: Readonly<Record<string, number>> =
    jobRunners === 1 ? longestDrainByLooks.oneRunner : longestDrainByLooks.severalRunners
  return (server.nextJobOnce === 'started' ? longestDrain : byLooks)[mix.name] ?? Infinity
}

/** By fault mix, the most seconds that events may be delayed. */
const longestHold: Readonly<Record<string, number>> = { backlog: 60, bulk: 30, busyContact: 60 }

/** How many events may still wait in the minutes after the burst of a steady load. */
const mostWaiting = 10

function heldUp({ slowestSeconds, waiting }: Measures, { mix }: CampaignOptions): string | undefined {
  if (slowestSeconds > (longestHold[mix.name] ?? Infinity)) return `${slowestSeconds.toFixed(1)} s delayed`
  const later = mix.name === 'backlog' ? waiting.slice(1) : []
  return Math.max(0, ...later) > mostWaiting ? `${waiting.join(', ')} waiting minute by minute` : undefined
}

const mostFindings = 3

/** The promise that a run has broken and up to three findings, one a line; undefined if it has kept all. */
export function failureReport(result: CampaignResult): string | undefined {
  const broken = brokenPromise(result)
  if (broken === undefined) return undefined
  const { server, mix, seed } = result.campaign
  const findings = result.outcome.findings.slice(0, mostFindings).map((finding) => `  ${finding}`)
  return [`PostHog ${server.name}, ${mix.name}, seed ${seed}: ${broken}`, ...findings].join('\n')
}
