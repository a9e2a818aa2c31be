import { sleep } from '../../lib/clock'
import type { Clock } from '../../lib/clock'
import { createCache } from '../../simulators/posthog/cache'
import type { MeasuredCache } from '../../simulators/posthog/cache'
import type { JobTreatment } from '../../simulators/posthog/jobs'
import type { ServerVersion } from '../../simulators/posthog/versions'
import type { FaultMix } from './fault-mixes'
import type { Random } from './random'

export const slowestCacheMilliseconds = 5000
const longestJobDelayMilliseconds = 10 * 60_000

/** A `meta.cache` of the server that fails or is slow at the rates of the mix. */
export function faultyCache(server: ServerVersion, { rates }: FaultMix, clock: Clock, random: Random): MeasuredCache {
  const cache = createCache(clock, server.cacheGivesDefault)
  const faulty =
    <Values extends unknown[], Answer>(method: (...values: Values) => Promise<Answer>) =>
    async (...values: Values): Promise<Answer> => {
      if (random.chance(rates.slowCache)) await sleep(clock, random.between(1, slowestCacheMilliseconds))
      if (random.chance(rates.cache)) throw new Error('Connection is closed.')
      return method(...values)
    }
  return {
    usage: cache.usage,
    set: faulty(cache.set),
    get: faulty(cache.get),
    incr: faulty(cache.incr),
    expire: faulty(cache.expire),
    lpush: faulty(cache.lpush),
    lrange: faulty(cache.lrange),
    llen: faulty(cache.llen),
    lpop: faulty(cache.lpop),
    lrem: faulty(cache.lrem),
  }
}

/** Picks the treatment of a due job by the rates of the mix: run twice, delayed, or undefined for neither. */
export function jobTreatment({ rates }: FaultMix, random: Random): JobTreatment | undefined {
  if (!random.chance(rates.jobs)) return undefined
  return random.chance(0.5) ? { times: 2 } : { delayMilliseconds: random.between(1, longestJobDelayMilliseconds) }
}
