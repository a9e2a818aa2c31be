import type { Fault, FaultHook } from '../../simulators/loops/faults'
import type { Clock } from '../../lib/clock'
import type { LoopsApi } from '../../simulators/loops/loops-api'
import type { FaultMix } from './fault-mixes'
import type { Random } from './random'
import type { Person } from './traffic'

export const apiKey = 'loops-simulator-key'

/**
 * Creates the contacts first, so that Loops takes requests that carry only a user ID.
 *
 * @param pause takes so long that Loops' rate limit leaves room for the next request.
 */
export async function addContacts(people: readonly Person[], api: LoopsApi, pause: () => Promise<void>): Promise<void> {
  const headers = { authorization: `Bearer ${apiKey}` }
  for (const { email, userId, isNew } of people) {
    if (isNew) continue
    api.handle({ method: 'POST', path: '/api/v1/contacts/create', headers, body: JSON.stringify({ email, userId }) })
    await pause()
  }
}

const hangMilliseconds = 30_000

const shortestTail = 1000
const longestTail = 8000
const keyRefusedAfter = 20_000
const keyRefusedFor = 10 * 60_000

/** Picks a fault, or none, for each request to Loops by the rates of the mix. */
export function loopsFaults({ rates }: Pick<FaultMix, 'rates'>, random: Random): FaultHook {
  const faults: readonly (readonly [rate: number, fault: () => Fault])[] = [
    [rates['429'], () => ({ kind: 'status', status: 429 })],
    [rates.fails, () => failure(random)],
    [rates.hang, () => ({ kind: 'delay', milliseconds: hangMilliseconds })],
    [rates.tail, () => slowAnswer(random)],
  ]
  return () => faults.find(([rate]) => random.chance(rate))?.[1]()
}

function failure(random: Random): Fault {
  const applied = random.chance(0.5)
  const status = random.pick([500, 502, 'dropped'] as const)
  return status === 'dropped' ? { kind: 'drop', applied } : { kind: 'status', status, applied }
}

function slowAnswer(random: Random): Fault {
  const milliseconds = random.between(shortestTail, longestTail)
  return { kind: 'delay', milliseconds, appliedOn: random.pick(['arrival', 'answer'] as const) }
}

/**
 * The faults of a mix in a campaign: also the key that Loops rejects for a while.
 *
 * @param start when the events begin: milliseconds since 1970.
 */
export function campaignFaults(mix: FaultMix, random: Random, clock: Clock, start: number): FaultHook {
  const usual = loopsFaults(mix, random)
  if (!mix.refusesKey) return usual
  return (request) => {
    const since = clock.now() - start - keyRefusedAfter
    return since >= 0 && since < keyRefusedFor ? { kind: 'status', status: 401 } : usual(request)
  }
}
